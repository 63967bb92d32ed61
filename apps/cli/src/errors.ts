/** Every way the command line fails by exception. The code is the contract, not the message. */
export type CliErrorCode =
  // Wrong use: the command, an option or an argument is not what the command takes. Exit code 2.
  | 'ERR_CLI_USAGE'
  // A file or folder that was named cannot be read or written.
  | 'ERR_CLI_FILE'
  // Whoever read our output stopped reading. Ends the command quietly.
  | 'ERR_CLI_OUTPUT_CLOSED'
  // The server refuses the fleet for good: wrong token, wrong address, a conflict.
  | 'ERR_CLI_FLEET_REFUSED'
  // A running server does not answer, or refuses what a command asks of it.
  | 'ERR_CLI_SERVER'

interface CliErrorOptions {
  readonly details?: CliError['details']
  readonly cause?: unknown
}

/** A failure that is told to the person at the terminal as one sentence, without a stack. */
export class CliError extends Error {
  readonly code: CliErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(code: CliErrorCode, message: string, options: CliErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'CliError'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** Shorthand for the most frequent failure: the person has to type something else. */
export function wrongUse(message: string): CliError {
  return new CliError('ERR_CLI_USAGE', message)
}
