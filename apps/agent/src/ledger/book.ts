import { LEDGER_ROWS_MAX, LEDGER_START, ledgerHash, LedgerRow } from '@pomona/schema'
import { z } from 'zod'
import { HOUR_MS } from '../spool/tally.ts'
import { EntryState, instant, LedgerEntry } from './entry.ts'

/** Sensors and hours that are kept apart until they are told; then the oldest hours are joined. */
const ENTRIES_MAX = 4_096

/** What entries are kept by. */
export interface LedgerPlace {
  readonly sensor: string
  readonly hourMs: number
}

/** A ledger as it is written into the accounts of the spool. */
export const BookState = z.strictObject({
  entries: z.array(z.strictObject({ sensor: z.string(), hourMs: z.int(), entry: EntryState })),
  rows: z.array(LedgerRow),
  index: z.int().min(0),
  previous: z.string(),
})
export type BookState = z.infer<typeof BookState>

/**
 * The completeness ledger: what was counted and not told yet, by sensor and hour, and the rows that
 * were cut of it and that the server does not have yet. A row that was cut never changes.
 */
export class LedgerBook {
  readonly #entries = new Map<string, Map<number, LedgerEntry>>()
  #size = 0
  #rows: LedgerRow[] = []
  #index = 0
  #previous = LEDGER_START

  static of(state: BookState): LedgerBook {
    const book = new LedgerBook()
    for (const { sensor, hourMs, entry } of state.entries) {
      book.add({ sensor, hourMs }, LedgerEntry.of(entry))
    }
    book.#rows = state.rows
    book.#index = state.index
    book.#previous = state.previous
    return book
  }

  /** Rows that the server does not have, as far as it has said. */
  get rows(): readonly LedgerRow[] {
    return this.#rows
  }

  /** Index after the newest row. */
  get end(): number {
    return this.#index
  }

  /** What is to be told of a sensor and an hour; to be added to at once, not kept. */
  at(sensor: string, hourMs: number): LedgerEntry {
    const hours = this.#entries.get(sensor) ?? new Map<number, LedgerEntry>()
    this.#entries.set(sensor, hours)
    const known = hours.get(hourMs)
    if (known !== undefined) return known
    if (this.#size >= ENTRIES_MAX) this.#joinOldest(hours)
    const entry = new LedgerEntry()
    hours.set(hourMs, entry)
    this.#size += 1
    return entry
  }

  /** Adds what was counted elsewhere. */
  add({ sensor, hourMs }: LedgerPlace, entry: LedgerEntry): void {
    this.at(sensor, hourMs).merge(entry)
  }

  /** Everything that is to be told, by hour and sensor. */
  entries(): readonly (LedgerPlace & { readonly entry: LedgerEntry })[] {
    const all = [...this.#entries].flatMap(([sensor, hours]) =>
      Array.from(hours, ([hourMs, entry]) => ({ sensor, hourMs, entry })),
    )
    return all.toSorted((a, b) => a.hourMs - b.hourMs || (a.sensor < b.sensor ? -1 : 1))
  }

  /** The rows that {@link take} would cut now; nothing changes. */
  draft(epoch: number): readonly LedgerRow[] {
    const rows: LedgerRow[] = []
    const room = LEDGER_ROWS_MAX - this.#rows.length
    let previous = this.#previous
    for (const { sensor, hourMs, entry } of this.entries()) {
      const contents = [...entry.rows()]
      // An entry is told as a whole or waits.
      if (rows.length + contents.length > room) break
      for (const content of contents) {
        const index = this.#index + rows.length
        const place = { index, previous, epoch, sensor, hour: instant(hourMs) }
        const hash = ledgerHash({ ...place, ...content })
        rows.push({ ...place, ...content, hash })
        previous = hash
      }
    }
    return rows
  }

  /** Takes rows that {@link draft} gave out of what is to be told, and into what is being told. */
  take(rows: readonly LedgerRow[]): void {
    for (const row of rows) {
      const hours = this.#entries.get(row.sensor)
      if (hours?.delete(Date.parse(row.hour)) === true) this.#size -= 1
      this.#index = row.index + 1
      this.#previous = row.hash
      this.#rows.push(row)
    }
  }

  /** The server has every row before this one. */
  confirm(next: number): void {
    this.#rows = this.#rows.filter(({ index }) => index >= next)
  }

  state(): BookState {
    const entries = Array.from(this.entries(), ({ sensor, hourMs, entry }) => ({
      sensor,
      hourMs,
      entry: entry.state(),
    }))
    return { entries, rows: this.#rows, index: this.#index, previous: this.#previous }
  }

  // Months without a server: sums stay exact, the hour of the oldest becomes the next one.
  #joinOldest(hours: Map<number, LedgerEntry>): void {
    const [oldest, next] = [...hours.keys()].toSorted((a, b) => a - b)
    if (oldest === undefined || next === undefined) return
    const entry = hours.get(oldest)
    hours.delete(oldest)
    this.#size -= 1
    if (entry !== undefined) hours.get(next)?.merge(entry)
  }
}

/** Beginning of the hour of a time. */
export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS
}
