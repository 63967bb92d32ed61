/** Every way this package fails by exception. The code is the contract, not the message. */
export type SensorErrorCode =
  | 'ERR_RECORDING_UNREADABLE'
  | 'ERR_RECORDING_CORRUPT'
  | 'ERR_SCENARIO_INVALID'
  | 'ERR_SIMULATION_INVALID'
  | 'ERR_COMMAND_INVALID'

interface SensorErrorOptions {
  readonly details?: SensorError['details']
  readonly cause?: unknown
}

/**
 * A failure of the world around the sensor: a recording that cannot be opened, a scenario that
 * cannot be played. Bad lines of a stream are never one of these; they are counted (see
 * `ReaderCounts`).
 */
export class SensorError extends Error {
  readonly code: SensorErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(code: SensorErrorCode, message: string, options: SensorErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'SensorError'
    this.code = code
    this.details = options.details ?? {}
  }
}
