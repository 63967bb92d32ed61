/**
 * What can go wrong between the console and the server; the server's own codes pass as `problem`.
 */
export type ConsoleErrorCode =
  | 'ERR_CONSOLE_OFFLINE'
  // The server refused the request; the message is its own.
  | 'ERR_CONSOLE_REFUSED'
  // The session has ended; sign in again.
  | 'ERR_CONSOLE_SESSION'
  | 'ERR_CONSOLE_ANSWER'

interface ConsoleErrorOptions {
  readonly status?: number
  readonly problem?: string
  readonly cause?: unknown
}

/**
 * A request that did not give what was asked for. `status` and `problem` are the server's, if it
 * spoke.
 */
export class ConsoleError extends Error {
  readonly code: ConsoleErrorCode
  readonly status: number | undefined
  /** Code of the server's ApiProblem. */
  readonly problem: string | undefined

  constructor(code: ConsoleErrorCode, message: string, options: ConsoleErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'ConsoleError'
    this.code = code
    this.status = options.status
    this.problem = options.problem
  }
}

/** True when the server said that no valid session came with the request. */
export function isSessionError(error: unknown): boolean {
  return error instanceof ConsoleError && error.code === 'ERR_CONSOLE_SESSION'
}
