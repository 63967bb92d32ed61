import type {
  ActivityEntry,
  AlertRecord,
  FacetValue,
  IncidentChange,
  IncidentJoin,
  IncidentPage,
  IncidentQuery,
  IncidentRecord,
} from '@pomona/schema'
import { type Author, createdActivity, applyUpdate, orderFacet } from './alert-queue.ts'
import {
  changed,
  facetsBy,
  facetValues,
  incidentCursor,
  INCIDENT_FACETS,
  type IncidentFacet,
  type IncidentFilters,
  incidentText,
  inherit,
  mergedActivity,
  noteActivity,
  orderKey,
  planIncidentQuery,
} from './incident-queue.ts'
import { compare, tally } from './memory-queue.ts'
import type { JoinedAlert } from './records.ts'

interface Stored {
  record: IncidentRecord
  readonly activity: ActivityEntry[]
  /** The incident it became part of. */
  mergedInto: string | undefined
}

/** The incidents of the records in memory: the measure for the others. */
export class MemoryIncidents {
  readonly #stored = new Map<string, Stored>()
  readonly #joins = new Map<string, { readonly incidentId: string; readonly join: IncidentJoin }>()

  /** Takes changes up. @returns Ids of what changed, survivors of merges only. */
  take(
    changes: readonly IncidentChange[],
    at: { readonly storedAt: string; readonly fresh: ReadonlySet<string> },
  ): readonly string[] {
    const touched = new Set<string>()
    for (const change of changes) {
      this.#takeOne(change, at)
      touched.add(change.incident.id)
      for (const id of change.merged) touched.delete(id)
    }
    return [...touched]
  }

  #takeOne(
    { incident, joins, merged }: IncidentChange,
    { storedAt, fresh }: { readonly storedAt: string; readonly fresh: ReadonlySet<string> },
  ): void {
    const known = this.#stored.get(incident.id)
    const isFresh = joins.some(({ alert_id: id }) => fresh.has(id))
    const before = known && { record: known.record, fresh: isFresh }
    const { record, activity } = changed(structuredClone(incident), before, storedAt)
    const stored: Stored = known ?? { record, activity: [], mergedInto: undefined }
    stored.record = record
    stored.mergedInto = undefined
    stored.activity.push(...activity)
    this.#stored.set(incident.id, stored)
    for (const join of joins) this.#joins.set(join.alert_id, { incidentId: incident.id, join })
    for (const id of merged) this.#merge(stored, id, storedAt)
  }

  #merge(into: Stored, id: string, storedAt: string): void {
    for (const [alertId, { incidentId, join }] of this.#joins) {
      if (incidentId === id) this.#joins.set(alertId, { incidentId: into.record.id, join })
    }
    for (const other of this.#stored.values()) {
      if (other.mergedInto === id) other.mergedInto = into.record.id
    }
    const from = this.#stored.get(id)
    if (from === undefined || from.mergedInto !== undefined) return
    from.mergedInto = into.record.id
    into.record = inherit({ into: into.record, from: from.record })
    into.activity.push(mergedActivity(from.record, storedAt))
  }

  #find(id: string): Stored | undefined {
    const stored = this.#stored.get(id)
    return stored?.mergedInto === undefined ? stored : this.#stored.get(stored.mergedInto)
  }

  get(id: string): IncidentRecord | undefined {
    return this.#find(id)?.record
  }

  incidentOf(alertId: string): string | undefined {
    return this.#joins.get(alertId)?.incidentId
  }

  alertIds(id: string): readonly string[] {
    const incidentId = this.#find(id)?.record.id
    return [...this.#joins]
      .filter(([, joined]) => joined.incidentId === incidentId)
      .map(([alertId]) => alertId)
  }

  joined(alerts: readonly AlertRecord[], limit: number): readonly JoinedAlert[] {
    return alerts
      .flatMap((alert) => {
        const join = this.#joins.get(alert.id)?.join
        return join === undefined ? [] : [{ alert, join }]
      })
      .toSorted((a, b) => compare(a.alert.time, b.alert.time) || compare(a.alert.id, b.alert.id))
      .slice(0, limit)
  }

  async page(query: IncidentQuery): Promise<IncidentPage> {
    const { filters, order, after, limit } = planIncidentQuery(query)
    const all = [...this.#stored.values()]
      .filter(({ mergedInto }) => mergedInto === undefined)
      .map(({ record }) => record)
    const place = (record: IncidentRecord) => ({ key: orderKey(record, order), id: record.id })
    const later = (a: Placed, b: Placed): number => compare(b.key, a.key) || compare(b.id, a.id)
    const fitting = all
      .filter((record) => fits(record, filters))
      .toSorted((a, b) => later(place(a), place(b)))
    const rest = fitting.filter((record) => after === undefined || later(place(record), after) > 0)
    const items = rest.slice(0, limit)
    const last = items.at(-1)
    return {
      items,
      total: fitting.length,
      ...(rest.length > limit && last ? { next_cursor: incidentCursor(place(last)) } : {}),
      facets: await facetsBy(async (name) => facet(all, filters, name)),
    }
  }

  update(
    ids: readonly string[],
    update: Parameters<typeof applyUpdate>[1],
    by: Author,
  ): readonly IncidentRecord[] {
    const updated: IncidentRecord[] = []
    for (const stored of new Set(ids.map((id) => this.#find(id)))) {
      if (stored === undefined) continue
      const { record, activity } = applyUpdate(stored.record, update, by)
      stored.record = record
      stored.activity.push(...activity)
      updated.push(record)
    }
    return updated
  }

  note(id: string, text: string, by: Author): boolean {
    const stored = this.#find(id)
    if (stored === undefined) return false
    stored.activity.push(noteActivity(text, by))
    stored.record = { ...stored.record, updated: by.at }
    return true
  }

  activity(id: string): readonly ActivityEntry[] {
    const stored = this.#find(id)
    return stored === undefined ? [] : [createdActivity(stored.record), ...stored.activity]
  }
}

interface Placed {
  readonly key: string
  readonly id: string
}

function fits(record: IncidentRecord, filters: IncidentFilters, except?: IncidentFacet): boolean {
  const { text, from, to } = filters
  if (text !== undefined && !incidentText(record).includes(text)) return false
  if (from !== undefined && record.last_time < from) return false
  if (to !== undefined && record.last_time >= to) return false
  return INCIDENT_FACETS.every((name) => {
    const asked = filters.lists[name]
    if (asked === undefined || name === except) return true
    return facetValues(record, name).some((value) => asked.includes(value))
  })
}

function facet(
  all: readonly IncidentRecord[],
  filters: IncidentFilters,
  name: IncidentFacet,
): FacetValue[] {
  const records = all.filter((record) => fits(record, filters, name))
  const values = [...tally(records, (record) => facetValues(record, name))]
  const labelOf = (value: string): string => {
    if (name !== 'host') return value
    const names = records.flatMap(({ host }) => (host.id === value ? [host.name ?? value] : []))
    return names.toSorted(compare).at(-1) ?? value
  }
  return orderFacet(
    name === 'severity' ? 'severity' : 'host',
    values.map(([value, count]) => ({ value, label: labelOf(value), count })),
  )
}
