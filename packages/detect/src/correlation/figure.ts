/** One match as a window counts it. */
export interface WindowEntry {
  readonly timeMs: number
  /** Index of the {@link CorrelationInput} that matched. */
  readonly input: number
  /** What is counted or computed with; absent where only the match counts. */
  readonly value?: string | number | undefined
}

/** What a window came to at one moment. */
export interface Reading {
  readonly figure: number
  /** Whether the condition of the rule is true. */
  readonly holds: boolean
  /** More was in the window than is kept exactly. */
  readonly approximate: boolean
}

/** Bounds and place of one key's window, the same for all keys of a rule. */
export interface FigureLimits {
  readonly spanMs: number
  /** How much longer than the span matches are kept for those that come late. */
  readonly latenessMs: number
  /** Matches, or distinct values, kept exactly. */
  readonly exactMax: number
}

/**
 * The matches of one key, and the figure over any window that ends at one of them. A window is the
 * half-open time `(end − span, end]`: what is exactly one span old is out.
 */
export interface Figure {
  /** Takes a match in, late ones at their own time. */
  add(entry: WindowEntry): void
  /**
   * The times at which windows ending there changed by the match added last, ascending: its own,
   * and when it came late those of later matches that see it.
   */
  ends(): readonly number[]
  /** The figure of the window that ends at `endMs`, one of {@link ends}, asked in their order. */
  read(endMs: number): Reading
  /** Estimate of what it holds. */
  bytes(): number
  /** All of it as plain data. */
  state(): FigureState
}

/** A figure's memory as plain data. The kind is that of the rule's type. */
export interface FigureState {
  readonly times: readonly number[]
  readonly inputs?: readonly number[]
  readonly values?: readonly (string | number)[]
  /** What was folded together, in the figure's own form. */
  readonly folded?: readonly (readonly [string | number, number])[]
  readonly newestFoldedMs?: number
  readonly buckets?: readonly BucketState[]
}

/** One slice of time whose matches are no longer told apart. */
export interface BucketState {
  readonly slice: number
  readonly count: number
  readonly sum: number
  /** Occupied registers or bins: index, value. */
  readonly cells: readonly (readonly [number, number])[]
}

/** Index of the first time after `atMs`; times ascend. */
export function indexAfter(times: readonly number[], atMs: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) <= atMs) low = middle + 1
    else high = middle
  }
  return low
}

/** The different times from an index on that are less than a span after `fromMs`. */
export function endsFrom(
  times: readonly number[],
  at: { readonly index: number; readonly fromMs: number; readonly spanMs: number },
): readonly number[] {
  const ends = [at.fromMs]
  for (let index = at.index; index < times.length; index += 1) {
    const timeMs = times[index] ?? 0
    if (timeMs >= at.fromMs + at.spanMs) break
    if (timeMs > (ends.at(-1) ?? 0)) ends.push(timeMs)
  }
  return ends
}
