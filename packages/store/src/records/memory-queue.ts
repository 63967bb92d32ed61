import { type AlertPage, type AlertRecord, coversTechnique, type FacetValue } from '@pomona/schema'
import {
  FACETS,
  orderFacet,
  searchText,
  techniqueIds,
  type AlertFilters,
  type FacetName,
} from './alert-queue.ts'

interface Placed {
  readonly time: string
  readonly id: string
}

/** Orders by time, then id, the newest first. */
export function newestFirst(a: Placed, b: Placed): number {
  return compare(b.time, a.time) || compare(b.id, a.id)
}

/** Orders text by code unit. */
export function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** Counts items by each of their keys. */
export function tally<T>(
  items: readonly T[],
  keys: (item: T) => readonly string[],
): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) {
    for (const key of keys(item)) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

const FACET_KEYS: Readonly<Record<FacetName, (record: AlertRecord) => readonly string[]>> = {
  severity: (record) => [record.severity],
  status: (record) => [record.status],
  host: (record) => [record.host.id],
  rule: (record) => [record.rule_id],
  technique: techniqueIds,
}

/** True when an alert fits all filters but `except`. */
export function fits(record: AlertRecord, filters: AlertFilters, except?: FacetName): boolean {
  const { text, from, to } = filters
  if (text !== undefined && !searchText(record).includes(text)) return false
  if (from !== undefined && record.time < from) return false
  if (to !== undefined && record.time >= to) return false
  return FACETS.every((name) => {
    const asked = filters.lists[name]
    if (asked === undefined || name === except) return true
    const values = FACET_KEYS[name](record)
    if (name !== 'technique') return values.some((value) => asked.includes(value))
    return values.some((value) => asked.some((one) => coversTechnique({ asked: one, id: value })))
  })
}

/** Facets over all alerts; see {@link Records.alerts}. */
export function facetsOf(all: readonly AlertRecord[], filters: AlertFilters): AlertPage['facets'] {
  const facet = (name: FacetName): FacetValue[] => {
    const records = all.filter((record) => fits(record, filters, name))
    const values = [...tally(records, FACET_KEYS[name])].map(([value, count]) => ({
      value,
      label: labelOf(name, value, records),
      count,
    }))
    return orderFacet(name, values)
  }
  return {
    severity: facet('severity'),
    status: facet('status'),
    host: facet('host'),
    rule: facet('rule'),
    technique: facet('technique'),
  }
}

// The name that sorts last stands for the value: the same choice SQL's max() makes.
function labelOf(name: FacetName, value: string, records: readonly AlertRecord[]): string {
  const names = records.flatMap((record) => {
    if (name === 'host' && record.host.id === value) return [record.host.name ?? value]
    return name === 'rule' && record.rule_id === value ? [record.rule_name] : []
  })
  return names.toSorted(compare).at(-1) ?? value
}
