/** The books of a run: everything that was sensed is somewhere. */
import { equal, ok } from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { LEDGER_START, ledgerHash, type LedgerRow } from '@pomona/schema'

/** Sums of ledger rows. */
export interface LedgerSum {
  readonly sensed: number
  readonly filtered: number
  readonly dropped: number
  readonly sent: number
  readonly held: number
  /** Of `dropped`, by reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** Of `dropped`, by type. */
  readonly types: ReadonlyMap<string, number>
  /** Of `dropped`, by class. */
  readonly classes: Readonly<Record<'critical' | 'normal' | 'bulk', number>>
  readonly unobserved: readonly LedgerRow['unobserved'][number][]
}

/** Sensor under which alerts of the engine on the host are accounted for. */
export const ALERTS = 'detection'

/**
 * Sums up the rows of a host, after it has checked that they are one chain.
 *
 * @param of Which of its sensors are meant: those of events, or {@link ALERTS}.
 */
export function ledgerSum(rows: readonly LedgerRow[], of: 'events' | 'alerts'): LedgerSum {
  const reasons: Record<string, number> = {}
  const types = new Map<string, number>()
  const classes = { critical: 0, normal: 0, bulk: 0 }
  const unobserved: LedgerRow['unobserved'] = []
  let [sensed, filtered, dropped, sent] = [0, 0, 0, 0]
  for (const [index, row] of rows.entries()) {
    const { hash, ...content } = row
    equal(hash, ledgerHash(content), 'the hash of a row is that of its content')
    equal(row.previous, rows[index - 1]?.hash ?? LEDGER_START, 'rows are chained')
    if ((row.sensor === ALERTS) !== (of === 'alerts')) continue
    sensed += row.sensed
    unobserved.push(...row.unobserved)
    sent += row.sent
    for (const count of Object.values(row.filtered)) filtered += count
    for (const drop of row.dropped) {
      dropped += drop.count
      reasons[drop.reason] = (reasons[drop.reason] ?? 0) + drop.count
      types.set(drop.type, (types.get(drop.type) ?? 0) + drop.count)
      classes[drop.class] += drop.count
    }
  }
  const held = sensed - filtered - dropped - sent
  return { sensed, filtered, dropped, sent, held, reasons, types, classes, unobserved }
}

/** Prints the books of a run, a line an entry, so that they can be copied into the docs. */
export function printTable(
  context: TestContext,
  title: string,
  entries: Readonly<Record<string, number | string>>,
): void {
  context.diagnostic(title)
  const width = Math.max(...Object.keys(entries).map((name) => name.length))
  for (const [name, value] of Object.entries(entries)) {
    context.diagnostic(`  ${name.padEnd(width)}  ${value}`)
  }
}

/** A count by name as one line. */
export function listed(counts: Iterable<readonly [string, number]>): string {
  const parts = [...counts].filter(([, count]) => count > 0)
  return parts.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
}

/** Ids that are there more than once. */
export function doubled(ids: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return ids.filter((id) => seen.size === seen.add(id).size)
}

/** How often each text is there. */
export function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** What became of what happened, by type. */
export interface Fates {
  readonly happened: ReadonlyMap<string, number>
  readonly stored: readonly { readonly type: string }[]
  readonly dropped: ReadonlyMap<string, number>
}

/** Records that are neither stored nor dropped; of no type there are fewer than none. */
export function leftOver({ happened, stored, dropped }: Fates): number {
  const kept = countBy(stored.map(({ type }) => type))
  let left = 0
  for (const type of new Set([...happened.keys(), ...kept.keys(), ...dropped.keys()])) {
    const rest = (happened.get(type) ?? 0) - (kept.get(type) ?? 0) - (dropped.get(type) ?? 0)
    ok(rest >= 0, `${type}: more is stored and dropped than happened`)
    left += rest
  }
  return left
}
