import { useState } from 'react'
import { useStreamMessages } from '../live/live.tsx'
import { formatFilters, type IncidentFilters, matchesFilters } from './filters.ts'

/** Incidents that belong to the list shown and are not in it yet. */
export interface Arrivals {
  readonly count: number
  readonly clear: () => void
}

const IDS_MAX = 1000

interface ArrivalsOptions {
  readonly filters: IncidentFilters
  /** Whether the list shows it already. */
  readonly isShown: (id: string) => boolean
  /** Called for each new one, to show it at once where nothing can jump. */
  readonly onArrival: () => void
}

/** Counts incidents that appear while the list is open: rows must not jump under the pointer. */
export function useArrivals({ filters, isShown, onArrival }: ArrivalsOptions): Arrivals {
  const key = formatFilters(filters).toString()
  const [waiting, setWaiting] = useState<{ key: string; ids: ReadonlySet<string> }>(() => ({
    key,
    ids: new Set(),
  }))
  useStreamMessages((message) => {
    if (message.kind !== 'incident') return
    const { incident, merged = [] } = message
    const isNew = matchesFilters(incident, filters) && !isShown(incident.id)
    setWaiting((before) => {
      const ids = new Set(before.key === key ? before.ids : [])
      for (const id of merged) ids.delete(id)
      if (isNew && ids.size < IDS_MAX) ids.add(incident.id)
      return { key, ids }
    })
    if (isNew) onArrival()
  })
  return {
    count: waiting.key === key ? waiting.ids.size : 0,
    clear: () => setWaiting({ key, ids: new Set() }),
  }
}
