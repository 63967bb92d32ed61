/** What can go wrong with the detector's saved state. */
export type DetectErrorCode = 'ERR_DETECT_CHECKPOINT_FORMAT' | 'ERR_DETECT_CHECKPOINT_VERSION'

/** A saved state that cannot be taken up again. The way out is the log, from its start. */
export class DetectError extends Error {
  readonly code: DetectErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(
    code: DetectErrorCode,
    message: string,
    details: Readonly<Record<string, string | number>> = {},
  ) {
    super(message)
    this.name = 'DetectError'
    this.code = code
    this.details = details
  }
}

/** Why an event was not evaluated. A closed list; `received = evaluated + discarded`. */
export const DISCARD_REASONS = [
  'not_an_object',
  'event_id_missing',
  'timestamp_missing',
  'host_id_missing',
] as const

/** One of {@link DISCARD_REASONS}. */
export type DiscardReason = (typeof DISCARD_REASONS)[number]

/**
 * Why a match did not become an alert. A closed list, all of it intended; `matched = alerts +
 * discarded`.
 */
export const ALERT_DISCARD_REASONS = [
  // The same rule told of the same process image and file within the span.
  'repeated',
  // An exception says that it is known and harmless.
  'excepted',
  // The rule has told of the host as often as it may in one hour.
  'flooded',
  // The rule only feeds correlations.
  'silent',
] as const

/** One of {@link ALERT_DISCARD_REASONS}. */
export type AlertDiscardReason = (typeof ALERT_DISCARD_REASONS)[number]
