import {
  endsFrom,
  type Figure,
  type FigureLimits,
  type FigureState,
  type Reading,
  type WindowEntry,
} from './figure.ts'

/** What a temporal figure is asked. */
export interface TemporalQuestion {
  readonly inputsCount: number
  /** Inputs have to match in their order. */
  readonly ordered: boolean
  /**
   * @param figure Inputs that matched in the window; of ordered ones the longest chain of them.
   * @param isPresent Whether an input matched in the window.
   */
  readonly holds: (figure: number, isPresent: (input: number) => boolean) => boolean
}

const ENTRY_BYTES = 16
const NEVER = Number.NEGATIVE_INFINITY

/**
 * Which of several rules matched in the window, and for ordered ones the longest chain in order.
 *
 * What decides is a table of times that only grows: unordered, the latest match of each input;
 * ordered, for each chain length and last input the latest time at which such a chain began. So the
 * newest window is exact however many matches there are; single matches are kept only to insert
 * those that come late. Matches at the same time count as in order.
 */
export class TemporalFigure implements Figure {
  readonly #question: TemporalQuestion
  readonly #limits: FigureLimits
  #times: number[] = []
  #inputs: number[] = []
  /** The table over the matches that are no longer kept singly. */
  #base: Float64Array
  #newestFoldedMs = NEVER
  /** The table over the matches before `#cursor`. */
  #table: Float64Array
  #cursor = 0
  #added = { index: 0, timeMs: 0 }

  constructor(question: TemporalQuestion, limits: FigureLimits, state?: FigureState) {
    this.#question = question
    this.#limits = limits
    const { inputsCount, ordered } = question
    this.#base = new Float64Array(ordered ? inputsCount * inputsCount : inputsCount).fill(NEVER)
    if (state !== undefined) {
      this.#times = [...state.times]
      this.#inputs = [...(state.inputs ?? [])]
      for (const [cell, timeMs] of state.folded ?? []) this.#base[Number(cell)] = timeMs
      this.#newestFoldedMs = state.newestFoldedMs ?? NEVER
    }
    this.#table = this.#base.slice()
    this.#forward(Number.POSITIVE_INFINITY)
  }

  add({ timeMs, input }: WindowEntry): void {
    const index = this.#place(timeMs, input)
    const isLast = index === this.#times.length
    this.#times.splice(index, 0, timeMs)
    this.#inputs.splice(index, 0, input)
    if (!isLast && index < this.#cursor) {
      this.#table = this.#base.slice()
      this.#cursor = 0
    }
    this.#added = { index, timeMs }
    if (isLast) this.#fold(timeMs)
    else if (this.#times.length > this.#limits.exactMax) this.#fold(NEVER)
  }

  // In the order of time, then of inputs, so that matches at the same time are in order.
  #place(timeMs: number, input: number): number {
    let index = this.#times.length
    while (index > 0) {
      const before = this.#times[index - 1] ?? 0
      if (before < timeMs) break
      if (before === timeMs && (this.#inputs[index - 1] ?? 0) <= input) break
      index -= 1
    }
    return index
  }

  /** Puts matches nobody late can need any more, or that are too many, into the base. */
  #fold(newestMs: number): void {
    const cutMs = newestMs - this.#limits.spanMs - this.#limits.latenessMs
    let count = Math.max(0, this.#times.length - this.#limits.exactMax)
    while (count < this.#times.length && (this.#times[count] ?? 0) <= cutMs) count += 1
    if (count === 0) return
    for (let index = 0; index < count; index += 1) {
      const timeMs = this.#times[index] ?? 0
      this.#enter(this.#base, { timeMs, input: this.#inputs[index] ?? 0 })
      this.#newestFoldedMs = Math.max(this.#newestFoldedMs, timeMs)
    }
    this.#times.splice(0, count)
    this.#inputs.splice(0, count)
    this.#added.index = Math.max(0, this.#added.index - count)
    if (this.#cursor < count) this.#table = this.#base.slice()
    this.#cursor = Math.max(0, this.#cursor - count)
  }

  #enter(table: Float64Array, { timeMs, input }: { timeMs: number; input: number }): void {
    const { inputsCount, ordered } = this.#question
    if (!ordered) {
      table[input] = Math.max(table[input] ?? NEVER, timeMs)
      return
    }
    for (let length = input; length > 0; length -= 1) {
      let latest = table[length * inputsCount + input] ?? NEVER
      for (let before = length - 1; before < input; before += 1) {
        latest = Math.max(latest, table[(length - 1) * inputsCount + before] ?? NEVER)
      }
      table[length * inputsCount + input] = latest
    }
    table[input] = Math.max(table[input] ?? NEVER, timeMs)
  }

  #forward(endMs: number): void {
    while (this.#cursor < this.#times.length && (this.#times[this.#cursor] ?? 0) <= endMs) {
      const timeMs = this.#times[this.#cursor] ?? 0
      this.#enter(this.#table, { timeMs, input: this.#inputs[this.#cursor] ?? 0 })
      this.#cursor += 1
    }
  }

  ends(): readonly number[] {
    const { index, timeMs: fromMs } = this.#added
    return endsFrom(this.#times, { index, fromMs, spanMs: this.#limits.spanMs })
  }

  read(endMs: number): Reading {
    this.#forward(endMs)
    const startMs = endMs - this.#limits.spanMs
    const { inputsCount, ordered, holds } = this.#question
    const table = this.#table
    let figure = 0
    for (let cell = 0; cell < table.length; cell += 1) {
      if ((table[cell] ?? NEVER) <= startMs) continue
      figure = ordered ? Math.max(figure, Math.floor(cell / inputsCount) + 1) : figure + 1
    }
    const approximate = this.#newestFoldedMs > endMs
    const isPresent = (input: number): boolean => (table[input] ?? NEVER) > startMs
    return { figure, holds: holds(figure, isPresent), approximate }
  }

  bytes(): number {
    return this.#times.length * ENTRY_BYTES + this.#base.length * ENTRY_BYTES
  }

  state(): FigureState {
    const folded = [...this.#base.entries()].filter(([, timeMs]) => timeMs !== NEVER)
    return {
      times: [...this.#times],
      inputs: [...this.#inputs],
      ...(folded.length === 0 ? {} : { folded, newestFoldedMs: this.#newestFoldedMs }),
    }
  }
}
