import { assertNever } from '@pomona/rules'
import {
  endsFrom,
  type Figure,
  type FigureLimits,
  type FigureState,
  indexAfter,
  type Reading,
  type WindowEntry,
} from './figure.ts'
import { exactPercentile, Numbers } from './quantile.ts'
import { coverage, SLICES, sliceOf, slicesWithin } from './slices.ts'

/** What is made of the numbers in the window. */
export type Measure =
  | { readonly kind: 'count' | 'sum' | 'average' }
  | { readonly kind: 'percentile'; readonly percentile: number }

/** A measure and what its figure has to be. */
export interface SeriesQuestion {
  readonly measure: Measure
  readonly holds: (figure: number) => boolean
}

const ENTRY_BYTES = 16
const NEVER = Number.NEGATIVE_INFINITY

/**
 * The number of matches in the window, or sum, average or percentile of a number each carries.
 *
 * Exact up to `exactMax` matches. Beyond that they are counted in {@link SLICES} slices of the
 * span: of the oldest slice the part inside the window is taken in proportion, so a count, sum or
 * average is off by at most what that slice holds; percentiles are within 2 % of the value, from
 * whole slices.
 */
export class SeriesFigure implements Figure {
  readonly #question: SeriesQuestion
  readonly #limits: FigureLimits
  #times: number[] = []
  #values: number[] = []
  #buckets: Numbers[] | undefined
  #newestMs = NEVER
  #added = { index: 0, timeMs: 0 }
  /** The values of the window that was read last, ascending, and where they stand. */
  #sorted: { from: number; to: number; readonly values: number[] } | undefined

  constructor(question: SeriesQuestion, limits: FigureLimits, state?: FigureState) {
    this.#question = question
    this.#limits = limits
    if (state === undefined) return
    this.#times = [...state.times]
    this.#values = (state.values ?? []).map(Number)
    this.#buckets = state.buckets?.map((bucket) => new Numbers(bucket, this.#isDistribution))
    this.#newestMs = this.#times.at(-1) ?? state.newestFoldedMs ?? NEVER
  }

  get #isDistribution(): boolean {
    return this.#question.measure.kind === 'percentile'
  }

  get #hasValues(): boolean {
    return this.#question.measure.kind !== 'count'
  }

  add({ timeMs, value }: WindowEntry): void {
    const number = Number(value ?? 0)
    const isLast = timeMs >= this.#newestMs
    this.#newestMs = Math.max(this.#newestMs, timeMs)
    const index = indexAfter(this.#times, timeMs)
    this.#added = { index, timeMs }
    if (this.#buckets !== undefined) return this.#count(timeMs, number)
    this.#times.splice(index, 0, timeMs)
    if (this.#hasValues) this.#values.splice(index, 0, number)
    if (!isLast) this.#sorted = undefined
    const { spanMs, latenessMs, exactMax } = this.#limits
    if (isLast) this.#drop(timeMs - spanMs - latenessMs)
    // Those kept for the late go before anything is approximated.
    if (this.#times.length > exactMax) this.#drop(this.#newestMs - spanMs)
    if (this.#times.length > exactMax) this.#approximate()
  }

  /** Forgets what is not after a time. */
  #drop(cutMs: number): void {
    const gone = indexAfter(this.#times, cutMs)
    if (gone === 0) return
    this.#times.splice(0, gone)
    if (this.#hasValues) this.#values.splice(0, gone)
    this.#added.index = Math.max(0, this.#added.index - gone)
    const sorted = this.#sorted
    if (sorted === undefined) return
    if (sorted.from < gone) this.#sorted = undefined
    else {
      sorted.from -= gone
      sorted.to -= gone
    }
  }

  #approximate(): void {
    this.#buckets = []
    for (const [index, timeMs] of this.#times.entries()) {
      this.#count(timeMs, this.#values[index] ?? 0)
    }
    this.#times = []
    this.#values = []
    this.#sorted = undefined
  }

  #count(timeMs: number, value: number): void {
    const buckets = this.#buckets ?? []
    const slice = sliceOf({ endMs: timeMs, spanMs: this.#limits.spanMs })
    let index = buckets.length
    while (index > 0 && (buckets[index - 1]?.slice ?? 0) > slice) index -= 1
    let bucket = buckets[index - 1]
    if (bucket?.slice !== slice) {
      bucket = new Numbers({ slice, count: 0, sum: 0, cells: [] }, this.#isDistribution)
      buckets.splice(index, 0, bucket)
      // One more than the window can touch, and as many again for those that come late.
      if (buckets.length > 2 * SLICES + 2) buckets.shift()
    }
    bucket.add(value)
  }

  ends(): readonly number[] {
    const { index, timeMs: fromMs } = this.#added
    const { spanMs } = this.#limits
    if (this.#buckets === undefined) return endsFrom(this.#times, { index, fromMs, spanMs })
    return fromMs <= this.#newestMs - spanMs ? [fromMs] : [this.#newestMs]
  }

  read(endMs: number): Reading {
    const isApproximate = this.#buckets !== undefined
    const figure = isApproximate ? this.#estimate(endMs) : this.#exact(endMs)
    return { figure, holds: this.#question.holds(figure), approximate: isApproximate }
  }

  #exact(endMs: number): number {
    const from = indexAfter(this.#times, endMs - this.#limits.spanMs)
    const to = indexAfter(this.#times, endMs)
    const { measure } = this.#question
    switch (measure.kind) {
      case 'count':
        return to - from
      case 'sum':
        return this.#sum(from, to)
      case 'average':
        return this.#sum(from, to) / (to - from)
      case 'percentile':
        return exactPercentile(this.#sortedWindow(from, to), measure.percentile)
      default:
        return assertNever(measure)
    }
  }

  // Summed anew every time: a running sum would depend on what was in the window before.
  #sum(from: number, to: number): number {
    let sum = 0
    for (let index = from; index < to; index += 1) sum += this.#values[index] ?? 0
    return sum
  }

  #sortedWindow(from: number, to: number): readonly number[] {
    let sorted = this.#sorted
    if (sorted === undefined || from < sorted.from || to < sorted.to || from > sorted.to) {
      const values = this.#values.slice(from, to).toSorted((one, other) => one - other)
      sorted = { from, to, values }
      this.#sorted = sorted
      return values
    }
    for (; sorted.to < to; sorted.to += 1) {
      const value = this.#values[sorted.to] ?? 0
      sorted.values.splice(indexAfter(sorted.values, value), 0, value)
    }
    for (; sorted.from < from; sorted.from += 1) {
      sorted.values.splice(indexAfter(sorted.values, this.#values[sorted.from] ?? 0) - 1, 1)
    }
    return sorted.values
  }

  #estimate(endMs: number): number {
    const window = { endMs, spanMs: this.#limits.spanMs }
    const { measure } = this.#question
    const buckets = this.#buckets ?? []
    if (measure.kind === 'percentile') {
      const within = slicesWithin(buckets, window)
      return Numbers.percentile(within, measure.percentile) ?? 0
    }
    let count = 0
    let sum = 0
    for (const bucket of buckets) {
      if (bucket.slice > sliceOf(window)) break
      const part = coverage(bucket.slice, window)
      count += part * bucket.count
      sum += part * bucket.sum
    }
    if (measure.kind === 'count') return Math.round(count)
    return measure.kind === 'sum' ? sum : sum / count
  }

  bytes(): number {
    if (this.#buckets !== undefined) {
      return this.#buckets.reduce((sum, bucket) => sum + bucket.bytes(), 0)
    }
    return this.#times.length * ENTRY_BYTES
  }

  state(): FigureState {
    const buckets = this.#buckets?.map((bucket) => bucket.state())
    return {
      times: [...this.#times],
      ...(this.#hasValues ? { values: [...this.#values] } : {}),
      ...(buckets === undefined ? {} : { buckets, newestFoldedMs: this.#newestMs }),
    }
  }
}
