/**
 * Why a record became no event. Bad data is never an exception here: the reason is returned and
 * counted.
 *
 * - `record_invalid`: the record is not an object.
 * - `event_missing`: it has no `event` object with a key in it, so nothing says what happened.
 * - `event_ambiguous`: `event` has more than one key.
 * - `time_invalid`: `time` is absent, is no RFC 3339 timestamp, or lies outside the years 1900 to
 *   2261.
 * - `process_missing`: `process` is absent or carries no audit token with a pid and a pid version.
 */
export const DROP_REASONS = [
  'record_invalid',
  'event_missing',
  'event_ambiguous',
  'time_invalid',
  'process_missing',
] as const

/** One of {@link DROP_REASONS}. */
export type DropReason = (typeof DROP_REASONS)[number]
