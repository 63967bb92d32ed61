/** Slices of a span that approximate figures tell apart. */
export const SLICES = 16

/** A window of time, `(end − span, end]`. */
export interface TimeWindow {
  readonly endMs: number
  readonly spanMs: number
}

/** The slice of time, of a window's span, that the window's end is in; counted from 1970. */
export function sliceOf({ endMs, spanMs }: TimeWindow): number {
  return Math.floor((endMs * SLICES) / spanMs)
}

/**
 * The buckets that a window touches, the oldest only when at least half of it is inside.
 */
export function slicesWithin<Bucket extends { readonly slice: number }>(
  buckets: readonly Bucket[],
  window: TimeWindow,
): readonly Bucket[] {
  const newest = sliceOf(window)
  const oldest = newest - SLICES
  const isOldestIn = coverage(oldest, window) >= 0.5
  return buckets.filter(({ slice }) => {
    return slice <= newest && (slice > oldest || (slice === oldest && isOldestIn))
  })
}

/** Which part of a slice, 0 to 1, is after the window's start. */
export function coverage(slice: number, { endMs, spanMs }: TimeWindow): number {
  const widthMs = spanMs / SLICES
  const inside = ((slice + 1) * widthMs - (endMs - spanMs)) / widthMs
  return Math.min(1, Math.max(0, inside))
}
