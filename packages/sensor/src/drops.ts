import type { SensedDrop } from './sensor.ts'

/** Records that were given up, by reason and type, with the time they span. */
export class Drops {
  readonly #entriesMax: number
  readonly #entries = new Map<string, Entry>()

  /** @param entriesMax Different reasons and types; what is beyond counts as type `other`. */
  constructor(entriesMax = ENTRIES_MAX) {
    this.#entriesMax = entriesMax
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  /** Adds one record; `time` as it says itself, RFC 3339. */
  add(record: { readonly reason: string; readonly type: string; readonly time: string }): void {
    const { reason, time } = record
    let { type } = record
    let entry = this.#entries.get(`${reason} ${type}`)
    if (entry === undefined) {
      if (this.#entries.size >= this.#entriesMax) type = 'other'
      const key = `${reason} ${type}`
      entry = this.#entries.get(key) ?? { reason, type, count: 0, from: time, to: time }
      this.#entries.set(key, entry)
    }
    entry.count += 1
    // Times of one form, as one sensor writes them, sort as text.
    if (time < entry.from) entry.from = time
    if (time > entry.to) entry.to = time
  }

  /** Takes what was added since the last time. */
  take(): readonly SensedDrop[] {
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    return entries
  }
}

interface Entry {
  readonly reason: string
  readonly type: string
  count: number
  from: string
  to: string
}

const ENTRIES_MAX = 200
