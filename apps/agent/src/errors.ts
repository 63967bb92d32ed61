/** The codes of {@link AgentError}. */
export type AgentErrorCode =
  // A command of the configuration is neither a path nor a list.
  | 'ERR_AGENT_COMMAND'
  | 'ERR_AGENT_CONTENT'
  | 'ERR_AGENT_MACHINE'
  | 'ERR_AGENT_NOT_RUNNING'
  | 'ERR_AGENT_SENSOR'
  // The folder of the spool cannot be used.
  | 'ERR_AGENT_SPOOL_UNUSABLE'
  // A bundle is not put to work; the server is told why.
  | 'ERR_BUNDLE_REFUSED'
  // The server does not let this Mac in.
  | 'ERR_ENROLMENT_REFUSED'
  | 'ERR_IDENTITY_UNREADABLE'
  | 'ERR_JOURNAL_UNREADABLE'
  // The server said what no answer of the protocol is.
  | 'ERR_UPLINK_ANSWER'
  // There was no answer. The agent tries again by itself.
  | 'ERR_UPLINK_NETWORK'
  // Whoever answers at the address is not the server this Mac belongs to.
  | 'ERR_UPLINK_TRUST'

interface AgentErrorOptions {
  readonly details?: AgentError['details']
  readonly cause?: unknown
}

/** What the agent throws. The code is the contract; the message says what to do. */
export class AgentError extends Error {
  readonly code: AgentErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(code: AgentErrorCode, message: string, options: AgentErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'AgentError'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** Turns whatever was thrown into text for a log line or a report. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The `code` of whatever was thrown, if it has one. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
