import {
  endsFrom,
  type Figure,
  type FigureLimits,
  type FigureState,
  type Reading,
  type WindowEntry,
} from './figure.ts'

/** Inputs that have to match one after another, while others do not match at all. */
export interface Chain {
  /** Indices of inputs. */
  readonly steps: readonly number[]
  readonly absent: readonly number[]
}

/** What a temporal figure is asked. */
export interface TemporalQuestion {
  readonly inputsCount: number
  /** Of ordered correlations, the chains of which one has to be whole; else none. */
  readonly chains: readonly Chain[]
  /**
   * Asked of unordered correlations only.
   *
   * @param figure Inputs that matched in the window.
   * @param isPresent Whether an input matched in the window.
   */
  readonly holds: (figure: number, isPresent: (input: number) => boolean) => boolean
}

const ENTRY_BYTES = 16
const NEVER = Number.NEGATIVE_INFINITY

/** A cell of the table that a match of an input changes, and the cell of the step before. */
interface Advance {
  readonly cell: number
  readonly before: number | undefined
}

/**
 * Which of several rules matched in the window, and for ordered ones how far their chains came.
 *
 * What decides is a table of times that only grows: the latest match of each input and, for each
 * step of a chain, the latest time at which a run up to this step began. So the newest window is
 * exact however many matches there are; single matches are kept only to insert those that come
 * late. Matches at the same time count as in order.
 */
export class TemporalFigure implements Figure {
  readonly #question: TemporalQuestion
  readonly #limits: FigureLimits
  /** By input, the last step of a chain first: one match never makes two steps. */
  readonly #advances: readonly (readonly Advance[])[]
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
    this.#advances = advancesOf(question)
    const cells = question.chains.reduce((sum, { steps }) => sum + steps.length, 0)
    this.#base = new Float64Array(question.inputsCount + cells).fill(NEVER)
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
    table[input] = Math.max(table[input] ?? NEVER, timeMs)
    for (const { cell, before } of this.#advances[input] ?? []) {
      const startMs = before === undefined ? timeMs : (table[before] ?? NEVER)
      table[cell] = Math.max(table[cell] ?? NEVER, startMs)
    }
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
    const approximate = this.#newestFoldedMs > endMs
    const startMs = endMs - this.#limits.spanMs
    const table = this.#table
    const isPresent = (input: number): boolean => (table[input] ?? NEVER) > startMs
    const { inputsCount, chains, holds } = this.#question
    if (chains.length > 0) return { ...this.#readChains(startMs), approximate }
    let figure = 0
    for (let input = 0; input < inputsCount; input += 1) if (isPresent(input)) figure += 1
    return { figure, holds: holds(figure, isPresent), approximate }
  }

  /** The figure is the longest run of steps of a chain that may still become whole. */
  #readChains(startMs: number): { readonly figure: number; readonly holds: boolean } {
    const { inputsCount, chains } = this.#question
    let figure = 0
    let holds = false
    let cell = inputsCount
    for (const { steps, absent } of chains) {
      const isSpoilt = absent.some((input) => (this.#table[input] ?? NEVER) > startMs)
      for (let step = 1; step <= steps.length; step += 1, cell += 1) {
        if (isSpoilt || (this.#table[cell] ?? NEVER) <= startMs) continue
        figure = Math.max(figure, step)
        holds ||= step === steps.length
      }
    }
    return { figure, holds }
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

function advancesOf({ inputsCount, chains }: TemporalQuestion): readonly (readonly Advance[])[] {
  const advances = Array.from({ length: inputsCount }, (): Advance[] => [])
  let cell = inputsCount
  for (const { steps } of chains) {
    for (let step = steps.length - 1; step >= 0; step -= 1) {
      const before = step === 0 ? undefined : cell + step - 1
      advances[steps[step] ?? 0]?.push({ cell: cell + step, before })
    }
    cell += steps.length
  }
  return advances
}
