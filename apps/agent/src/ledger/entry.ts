import type { LedgerDrop } from '@pomona/schema'
import { LEDGER_DROPS_MAX, type LedgerRow, PriorityClass, UnobservedSpan } from '@pomona/schema'
import { z } from 'zod'

/** Most spans without sight in one row; what is beyond goes into a further row. */
const UNOBSERVED_MAX = 16
/** Reasons an entry keeps apart; what is beyond counts as `other`. */
const REASONS_MAX = 64
/** Kinds of drops an entry keeps apart; what is beyond counts under the type `other`. */
const DROPS_MAX = 1_024

/** What a row says beside its place in the chain. */
export type RowContent = Pick<
  LedgerRow,
  'sensed' | 'filtered' | 'dropped' | 'sent' | 'lost' | 'unobserved'
>

/** Records of one type that were given up. */
export interface DropCount {
  readonly reason: string
  readonly type: string
  readonly priority: PriorityClass
  readonly count: number
  readonly fromMs: number
  readonly toMs: number
}

/** An entry as it is written into the accounts of the spool. */
export const EntryState = z.strictObject({
  sensed: z.int().min(0),
  filtered: z.record(z.string(), z.int().min(0)),
  dropped: z.array(
    z.strictObject({
      reason: z.string(),
      type: z.string(),
      priority: PriorityClass,
      count: z.int().min(1),
      fromMs: z.int(),
      toMs: z.int(),
    }),
  ),
  sent: z.int().min(0),
  lost: z.int().min(0),
  unobserved: z.array(UnobservedSpan),
})
export type EntryState = z.infer<typeof EntryState>

interface MutableDrop {
  readonly reason: string
  readonly type: string
  readonly priority: PriorityClass
  count: number
  fromMs: number
  toMs: number
}

/** What is to be told of one sensor and one hour, and was not told yet. */
export class LedgerEntry {
  sensed = 0
  sent = 0
  lost = 0
  readonly #filtered = new Map<string, number>()
  readonly #dropped = new Map<string, MutableDrop>()
  readonly #unobserved: UnobservedSpan[] = []

  static of(state: EntryState): LedgerEntry {
    const entry = new LedgerEntry()
    entry.sensed = state.sensed
    entry.sent = state.sent
    entry.lost = state.lost
    for (const [reason, count] of Object.entries(state.filtered)) entry.filter(reason, count)
    for (const drop of state.dropped) entry.drop(drop)
    entry.#unobserved.push(...state.unobserved)
    return entry
  }

  filter(why: string, count: number): void {
    const reason = nameOf(why)
    const isKnown = this.#filtered.has(reason) || this.#filtered.size < REASONS_MAX
    const name = isKnown ? reason : 'other'
    this.#filtered.set(name, (this.#filtered.get(name) ?? 0) + count)
  }

  drop({ reason, type, priority, count, fromMs, toMs }: DropCount): void {
    const key = JSON.stringify([reason, type, priority])
    const known = this.#dropped.get(key)
    if (known !== undefined) {
      known.count += count
      known.fromMs = Math.min(known.fromMs, fromMs)
      known.toMs = Math.max(known.toMs, toMs)
    } else if (this.#dropped.size < DROPS_MAX || type === 'other') {
      this.#dropped.set(key, { reason, type, priority, count, fromMs, toMs })
    } else this.drop({ reason, type: 'other', priority, count, fromMs, toMs })
  }

  miss(span: UnobservedSpan): void {
    this.#unobserved.push(span)
  }

  /** Takes over what another entry says. */
  merge(other: LedgerEntry): void {
    this.sensed += other.sensed
    this.sent += other.sent
    this.lost += other.lost
    for (const [reason, count] of other.#filtered) this.filter(reason, count)
    for (const drop of other.#dropped.values()) this.drop(drop)
    this.#unobserved.push(...other.#unobserved)
  }

  state(): EntryState {
    return {
      sensed: this.sensed,
      filtered: Object.fromEntries(this.#filtered),
      dropped: Array.from(this.#dropped.values(), (drop) => ({ ...drop })),
      sent: this.sent,
      lost: this.lost,
      unobserved: [...this.#unobserved],
    }
  }

  /** The entry as the contents of rows; more than one when it has more than a row may hold. */
  *rows(): Generator<RowContent> {
    const dropped = Array.from(this.#dropped.values(), ledgerDrop)
    const unobserved = this.#unobserved
    const filtered = Object.fromEntries(this.#filtered)
    const { sensed, sent, lost } = this
    yield {
      ...{ sensed, filtered, sent, lost },
      dropped: dropped.slice(0, LEDGER_DROPS_MAX),
      unobserved: unobserved.slice(0, UNOBSERVED_MAX),
    }
    const further = Math.max(
      Math.ceil(dropped.length / LEDGER_DROPS_MAX),
      Math.ceil(unobserved.length / UNOBSERVED_MAX),
    )
    for (let part = 1; part < further; part++) {
      yield {
        ...{ sensed: 0, filtered: {}, sent: 0, lost: 0 },
        dropped: dropped.slice(part * LEDGER_DROPS_MAX, (part + 1) * LEDGER_DROPS_MAX),
        unobserved: unobserved.slice(part * UNOBSERVED_MAX, (part + 1) * UNOBSERVED_MAX),
      }
    }
  }
}

const TEXT_MAX = 64

function ledgerDrop({ reason, type, priority, count, fromMs, toMs }: DropCount): LedgerDrop {
  return {
    reason: nameOf(reason),
    type: nameOf(type),
    class: priority,
    count,
    from: instant(fromMs),
    to: instant(toMs),
  }
}

// What a row may say; a row that its reader refuses would take the others with it.
function nameOf(text: string): string {
  return text === '' ? 'unknown' : text.slice(0, TEXT_MAX)
}

/** RFC 3339 of milliseconds since 1970. */
export function instant(ms: number): string {
  return new Date(ms).toISOString()
}
