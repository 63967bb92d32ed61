/** The codes of {@link ServerError}. */
export type ServerErrorCode =
  | 'ERR_CONTENT_UNREADABLE'
  | 'ERR_LISTEN'
  | 'ERR_PKI'
  | 'ERR_REBUILD'
  | 'ERR_ROUTE_UNDECLARED'

interface ServerErrorOptions {
  readonly details?: ServerError['details']
  readonly cause?: unknown
}

/**
 * What starting or running the server throws. The code is the contract; the message says what to
 * do.
 */
export class ServerError extends Error {
  readonly code: ServerErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(code: ServerErrorCode, message: string, options: ServerErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'ServerError'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** Turns whatever was thrown into text for a log line or a health problem. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The `code` of whatever was thrown, if it has one. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}

/** Ends a switch over a union: reaching it is a fault of ours. */
export function assertNever(value: never): never {
  throw new Error(`Not one of the known kinds: ${JSON.stringify(value)}`)
}
