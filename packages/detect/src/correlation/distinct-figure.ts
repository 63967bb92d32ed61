import { Distinct } from './cardinality.ts'
import {
  type BucketState,
  endsFrom,
  type Figure,
  type FigureLimits,
  type FigureState,
  indexAfter,
  type Reading,
  type WindowEntry,
} from './figure.ts'
import { SLICES, sliceOf, slicesWithin } from './slices.ts'

const ENTRY_BYTES = 24
const CHAR_BYTES = 2
const NEVER = Number.NEGATIVE_INFINITY

/**
 * How many different values there are in the window.
 *
 * Exact up to `exactMax` different values, however often each comes: of a value only its latest
 * time decides. Beyond that, HyperLogLog over {@link SLICES} slices of the span: standard error
 * 3.25 %, and values up to one slice too old are counted.
 */
export class DistinctFigure implements Figure {
  readonly #limits: FigureLimits
  readonly #holds: (figure: number) => boolean
  #times: number[] = []
  #values: string[] = []
  /** Latest time of each value among matches no longer kept singly, oldest first. */
  readonly #base = new Map<string, number>()
  #newestFoldedMs = NEVER
  /** Latest time of each value in the newest window, oldest first. */
  #tip = new Map<string, number>()
  #newestMs = NEVER
  #chars = 0
  #buckets: Distinct[] | undefined
  #added = { index: 0, timeMs: 0, isLast: true }
  #slide: Slide | undefined

  constructor(holds: (figure: number) => boolean, limits: FigureLimits, state?: FigureState) {
    this.#holds = holds
    this.#limits = limits
    if (state === undefined) return
    if (state.buckets !== undefined) {
      this.#buckets = state.buckets.map((bucket) => new Distinct(bucket))
      this.#newestMs = state.newestFoldedMs ?? NEVER
      return
    }
    this.#times = [...state.times]
    this.#values = (state.values ?? []).map(String)
    for (const [value, timeMs] of state.folded ?? []) this.#base.set(String(value), timeMs)
    this.#newestFoldedMs = state.newestFoldedMs ?? NEVER
    this.#newestMs = this.#times.at(-1) ?? this.#newestFoldedMs
    this.#chars = [...this.#values, ...this.#base.keys()].reduce((sum, text) => {
      return sum + text.length
    }, 0)
    this.#rebuildTip()
  }

  add({ timeMs, value }: WindowEntry): void {
    const text = String(value)
    const isLast = timeMs >= this.#newestMs
    this.#newestMs = Math.max(this.#newestMs, timeMs)
    this.#slide = undefined
    const index = this.#buckets === undefined ? indexAfter(this.#times, timeMs) : 0
    this.#added = { index, timeMs, isLast }
    if (this.#buckets !== undefined) return this.#count(text, timeMs)
    this.#times.splice(index, 0, timeMs)
    this.#values.splice(index, 0, text)
    this.#chars += text.length
    if (isLast) this.#extendTip(text, timeMs)
    else if ((this.#tip.get(text) ?? NEVER) < timeMs) this.#rebuildTip()
    if (this.#tip.size > this.#limits.exactMax) return this.#approximate()
    this.#fold(isLast)
  }

  #extendTip(value: string, timeMs: number): void {
    this.#tip.delete(value)
    this.#tip.set(value, timeMs)
    for (const [oldest, lastMs] of this.#tip) {
      if (lastMs > timeMs - this.#limits.spanMs) break
      this.#tip.delete(oldest)
    }
  }

  #rebuildTip(): void {
    this.#tip = new Map()
    const { times, values } = this.#merged()
    const startMs = this.#newestMs - this.#limits.spanMs
    for (const [index, timeMs] of times.entries()) {
      if (timeMs <= startMs) continue
      const value = values[index] ?? ''
      this.#tip.delete(value)
      this.#tip.set(value, timeMs)
    }
  }

  /** Base and single matches in one order of time. */
  #merged(): { readonly times: readonly number[]; readonly values: readonly string[] } {
    if (this.#base.size === 0) return { times: this.#times, values: this.#values }
    const pairs = [
      ...[...this.#base].map(([value, timeMs]) => ({ value, timeMs })),
      ...this.#times.map((timeMs, index) => ({ value: this.#values[index] ?? '', timeMs })),
    ].toSorted((one, other) => one.timeMs - other.timeMs)
    return { times: pairs.map(({ timeMs }) => timeMs), values: pairs.map(({ value }) => value) }
  }

  #fold(isLast: boolean): void {
    const { spanMs, latenessMs, exactMax } = this.#limits
    const cutMs = isLast ? this.#newestMs - spanMs - latenessMs : NEVER
    const excess = Math.max(0, this.#times.length - exactMax)
    for (let index = 0; index < excess; index += 1) {
      this.#foldOne(this.#values[index] ?? '', this.#times[index] ?? 0)
    }
    let gone = excess
    while (gone < this.#times.length && (this.#times[gone] ?? 0) <= cutMs) {
      this.#chars -= this.#values[gone]?.length ?? 0
      gone += 1
    }
    if (gone > 0) {
      this.#times.splice(0, gone)
      this.#values.splice(0, gone)
      this.#added.index = Math.max(0, this.#added.index - gone)
    }
    for (const [value, timeMs] of this.#base) {
      if (timeMs > cutMs && this.#base.size <= 2 * exactMax) break
      this.#base.delete(value)
      this.#chars -= value.length
    }
  }

  #foldOne(value: string, timeMs: number): void {
    const before = this.#base.get(value) ?? NEVER
    // A value that is folded again moves to the end; its text is held once.
    if (this.#base.delete(value)) this.#chars -= value.length
    this.#base.set(value, Math.max(before, timeMs))
    if (timeMs < this.#newestFoldedMs) {
      const sorted = [...this.#base].toSorted(([, one], [, other]) => one - other)
      this.#base.clear()
      for (const [held, lastMs] of sorted) this.#base.set(held, lastMs)
    }
    this.#newestFoldedMs = Math.max(this.#newestFoldedMs, timeMs)
  }

  #approximate(): void {
    const { times, values } = this.#merged()
    this.#buckets = []
    for (const [index, timeMs] of times.entries()) this.#count(values[index] ?? '', timeMs)
    this.#times = []
    this.#values = []
    this.#base.clear()
    this.#tip.clear()
    this.#chars = 0
  }

  #count(value: string, timeMs: number): void {
    const buckets = this.#buckets ?? []
    const slice = sliceOf({ endMs: timeMs, spanMs: this.#limits.spanMs })
    let index = buckets.length
    while (index > 0 && (buckets[index - 1]?.slice ?? 0) > slice) index -= 1
    let bucket = buckets[index - 1]
    if (bucket?.slice !== slice) {
      bucket = new Distinct({ slice, count: 0, sum: 0, cells: [] })
      buckets.splice(index, 0, bucket)
      // One more than the window can touch, and as many again for those that come late.
      if (buckets.length > 2 * SLICES + 2) buckets.shift()
    }
    bucket.add(value)
  }

  ends(): readonly number[] {
    const { index, timeMs: fromMs, isLast } = this.#added
    const { spanMs } = this.#limits
    if (this.#buckets === undefined) return endsFrom(this.#times, { index, fromMs, spanMs })
    return isLast || fromMs <= this.#newestMs - spanMs ? [fromMs] : [this.#newestMs]
  }

  read(endMs: number): Reading {
    if (this.#buckets !== undefined) {
      const figure = Distinct.union(
        slicesWithin(this.#buckets, { endMs, spanMs: this.#limits.spanMs }),
      )
      return { figure, holds: this.#holds(figure), approximate: true }
    }
    if (endMs === this.#newestMs) {
      const figure = this.#tip.size
      return { figure, holds: this.#holds(figure), approximate: false }
    }
    this.#slide ??= new Slide(this.#merged(), this.#limits.spanMs)
    const figure = this.#slide.distinctAt(endMs)
    return { figure, holds: this.#holds(figure), approximate: this.#newestFoldedMs > endMs }
  }

  bytes(): number {
    if (this.#buckets !== undefined) {
      return this.#buckets.reduce((sum, bucket) => sum + bucket.bytes(), 0)
    }
    const entries = this.#times.length + this.#base.size + this.#tip.size
    return entries * ENTRY_BYTES + this.#chars * CHAR_BYTES
  }

  state(): FigureState {
    if (this.#buckets !== undefined) {
      const buckets: readonly BucketState[] = this.#buckets.map((bucket) => bucket.state())
      return { times: [], buckets, newestFoldedMs: this.#newestMs }
    }
    const folded = [...this.#base]
    return {
      times: [...this.#times],
      values: [...this.#values],
      ...(this.#newestFoldedMs === NEVER ? {} : { newestFoldedMs: this.#newestFoldedMs }),
      ...(folded.length === 0 ? {} : { folded }),
    }
  }
}

/** A window that slides forward over matches in order of time and counts what is in it. */
class Slide {
  readonly #times: readonly number[]
  readonly #values: readonly string[]
  readonly #spanMs: number
  readonly #counts = new Map<string, number>()
  #from = 0
  #to = 0

  constructor(
    { times, values }: { readonly times: readonly number[]; readonly values: readonly string[] },
    spanMs: number,
  ) {
    this.#times = times
    this.#values = values
    this.#spanMs = spanMs
  }

  distinctAt(endMs: number): number {
    while (this.#to < this.#times.length && (this.#times[this.#to] ?? 0) <= endMs) {
      this.#change(this.#to, 1)
      this.#to += 1
    }
    while (this.#from < this.#to && (this.#times[this.#from] ?? 0) <= endMs - this.#spanMs) {
      this.#change(this.#from, -1)
      this.#from += 1
    }
    return this.#counts.size
  }

  #change(index: number, by: number): void {
    const value = this.#values[index] ?? ''
    const count = (this.#counts.get(value) ?? 0) + by
    if (count === 0) this.#counts.delete(value)
    else this.#counts.set(value, count)
  }
}
