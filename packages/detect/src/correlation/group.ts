import type { Figure, FigureState, Reading } from './figure.ts'

/** A match that is shown with an alert. */
export interface EvidenceEntry<Evidence> {
  readonly timeMs: number
  readonly input: number
  readonly evidence: Evidence
}

/** One key's memory as plain data. */
export interface GroupState<Evidence> {
  readonly key: string
  readonly deadlineMs: number
  readonly toldMs: readonly number[]
  readonly figure: FigureState
  readonly evidence: readonly EvidenceEntry<Evidence>[]
}

/** What one match made of a key's window. */
export interface Finding {
  readonly endMs: number
  readonly reading: Reading
}

/** Moments told that are remembered: more than one only where matches arrive far out of order. */
const TOLD_MAX = 8
const GROUP_BYTES = 320
const ENTRY_BYTES = 40

/** What happens to one key: its figure, the evidence of it, and when it was told. */
export class Group<Evidence> {
  readonly key: string
  readonly figure: Figure
  /** Watermark from which on nothing of it can matter any more. */
  deadlineMs = Number.NEGATIVE_INFINITY
  /** Its size as the window has accounted for it. */
  bytes = 0
  readonly #spanMs: number
  /** Of each input its newest matches, ascending. */
  readonly #evidence = new Map<number, EvidenceEntry<Evidence>[]>()
  readonly #toldMs: number[] = []

  constructor(
    { key, figure }: { readonly key: string; readonly figure: Figure },
    spanMs: number,
    state?: GroupState<Evidence>,
  ) {
    this.key = key
    this.figure = figure
    this.#spanMs = spanMs
    if (state === undefined) return
    this.deadlineMs = state.deadlineMs
    this.#toldMs = [...state.toldMs]
    for (const entry of state.evidence) {
      const entries = this.#evidence.get(entry.input) ?? []
      entries.push(entry)
      this.#evidence.set(entry.input, entries)
    }
  }

  /** Keeps what a match is shown by, of each input the newest `max`. */
  keep(entry: EvidenceEntry<Evidence>, max: number): void {
    const entries = this.#evidence.get(entry.input) ?? []
    this.#evidence.set(entry.input, entries)
    let index = entries.length
    while (index > 0 && (entries[index - 1]?.timeMs ?? 0) > entry.timeMs) index -= 1
    entries.splice(index, 0, entry)
    // No window that is still judged begins earlier: lateness is at most a span.
    const cutMs = entry.timeMs - 2 * this.#spanMs
    while (index > 0 && (entries[0]?.timeMs ?? 0) <= cutMs) {
      entries.shift()
      index -= 1
    }
    // One that came late is the cause of what it completes and stays until the next.
    if (entries.length > max) entries.splice(index === 0 ? 1 : 0, 1)
  }

  /**
   * Finds the windows that became worth telling with the match that the figure took in last.
   *
   * @returns The findings in order of time, and whether one held that was told before.
   */
  judge(): { readonly findings: readonly Finding[]; readonly isRepeated: boolean } {
    const findings: Finding[] = []
    let isRepeated = false
    for (const endMs of this.figure.ends()) {
      const reading = this.figure.read(endMs)
      if (!reading.holds) continue
      if (this.#isTold(endMs)) isRepeated = true
      else {
        this.#toldMs.push(endMs)
        if (this.#toldMs.length > TOLD_MAX) this.#toldMs.shift()
        findings.push({ endMs, reading })
      }
    }
    return { findings, isRepeated }
  }

  #isTold(endMs: number): boolean {
    return this.#toldMs.some((toldMs) => Math.abs(endMs - toldMs) < this.#spanMs)
  }

  /** The evidence of the window that ends at a time, in order. */
  evidenceUntil(endMs: number): readonly EvidenceEntry<Evidence>[] {
    return [...this.#evidence.values()]
      .flat()
      .filter(({ timeMs }) => timeMs <= endMs && timeMs > endMs - this.#spanMs)
      .toSorted((one, other) => one.timeMs - other.timeMs || one.input - other.input)
  }

  /** Estimates its size anew. */
  measure(evidenceBytes: (evidence: Evidence) => number): number {
    let bytes = GROUP_BYTES + 2 * this.key.length + this.figure.bytes()
    for (const entries of this.#evidence.values()) {
      for (const { evidence } of entries) bytes += ENTRY_BYTES + evidenceBytes(evidence)
    }
    return bytes
  }

  /** All of it as plain data. */
  state(): GroupState<Evidence> {
    return {
      key: this.key,
      deadlineMs: this.deadlineMs,
      toldMs: [...this.#toldMs],
      figure: this.figure.state(),
      evidence: [...this.#evidence.values()].flat(),
    }
  }
}
