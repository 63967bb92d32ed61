/** The codes of {@link SettingsError}. */
export type SettingsErrorCode =
  // Settings are wrong; the message lists all of them.
  'ERR_CONFIG_INVALID' | 'ERR_CONFIG_UNREADABLE'

interface SettingsErrorOptions {
  readonly details?: SettingsError['details']
  readonly cause?: unknown
}

/** What reading settings throws. The code is the contract; the message says what to do. */
export class SettingsError extends Error {
  readonly code: SettingsErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(code: SettingsErrorCode, message: string, options: SettingsErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'SettingsError'
    this.code = code
    this.details = options.details ?? {}
  }
}
