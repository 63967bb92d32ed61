import { z } from 'zod'

/** Milliseconds of an hour. */
export const HOUR_MS = 3_600_000

/** What a count is kept by. */
export interface TallyKey {
  readonly sensor: string
  /** Beginning of the hour in which the record was sensed, milliseconds since 1970. */
  readonly hourMs: number
  readonly type: string
}

/** Records of one key, and when the first and the last of them happened. */
export interface TallyEntry extends TallyKey {
  readonly count: number
  readonly fromMs: number
  readonly toMs: number
}

/** A tally as it is written: sensor, hour, type, count, from, to. */
export const TallyRows = z.array(
  z.tuple([z.string(), z.int(), z.string(), z.int().min(1), z.int(), z.int()]),
)
/** A tally as it is written: sensor, hour, type, count, from, to. */
export type TallyRows = z.infer<typeof TallyRows>

interface Cell {
  count: number
  fromMs: number
  toMs: number
}

/** Counts of records by sensor, hour and type, with the time they span. */
export class Tally {
  readonly #cells = new Map<string, Map<number, Map<string, Cell>>>()
  #total = 0

  /** A tally that holds what another wrote. */
  static of(rows: TallyRows): Tally {
    const tally = new Tally()
    for (const [sensor, hourMs, type, count, fromMs, toMs] of rows) {
      tally.add({ sensor, hourMs, type, count, fromMs, toMs })
    }
    return tally
  }

  /** Records of all keys. */
  get total(): number {
    return this.#total
  }

  add({ sensor, hourMs, type, count, fromMs, toMs }: TallyEntry): void {
    const types = this.#types(sensor, hourMs)
    const cell = types.get(type)
    if (cell === undefined) types.set(type, { count, fromMs, toMs })
    else {
      cell.count += count
      cell.fromMs = Math.min(cell.fromMs, fromMs)
      cell.toMs = Math.max(cell.toMs, toMs)
    }
    this.#total += count
  }

  addAll(other: Tally): void {
    for (const entry of other.entries()) this.add(entry)
  }

  /** Takes out what another tally holds. What it holds beyond this one is not taken. */
  subtract(other: Tally): void {
    for (const { sensor, hourMs, type, count } of other.entries()) {
      const types = this.#cells.get(sensor)?.get(hourMs)
      const cell = types?.get(type)
      if (types === undefined || cell === undefined) continue
      const taken = Math.min(cell.count, count)
      cell.count -= taken
      this.#total -= taken
      if (cell.count === 0) types.delete(type)
    }
  }

  *entries(): Generator<TallyEntry> {
    for (const [sensor, hours] of this.#cells) {
      for (const [hourMs, types] of hours) {
        for (const [type, cell] of types) yield { sensor, hourMs, type, ...cell }
      }
    }
  }

  rows(): TallyRows {
    return Array.from(this.entries(), ({ sensor, hourMs, type, count, fromMs, toMs }) => [
      ...([sensor, hourMs, type] as const),
      ...([count, fromMs, toMs] as const),
    ])
  }

  #types(sensor: string, hourMs: number): Map<string, Cell> {
    const hours = this.#cells.get(sensor) ?? new Map<number, Map<string, Cell>>()
    this.#cells.set(sensor, hours)
    const types = hours.get(hourMs) ?? new Map<string, Cell>()
    hours.set(hourMs, types)
    return types
  }
}
