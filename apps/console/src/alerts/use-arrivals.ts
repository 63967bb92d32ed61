import { useState } from 'react'
import { useStreamMessages } from '../live/live.tsx'
import { type AlertFilters, formatFilters, matchesFilters } from './filters.ts'

/** Alerts that arrived for the queue shown and are not in it yet. */
export interface Arrivals {
  readonly count: number
  readonly clear: () => void
}

const IDS_MAX = 1000

/**
 * Counts alerts that belong to the queue but are not drawn: rows must not jump under the pointer.
 *
 * @param onArrival Called for each of them, to show it at once where nothing can jump.
 */
export function useArrivals(filters: AlertFilters, onArrival: () => void): Arrivals {
  const key = formatFilters(filters).toString()
  const [waiting, setWaiting] = useState<{ key: string; ids: ReadonlySet<string> }>(() => ({
    key,
    ids: new Set(),
  }))
  useStreamMessages((message) => {
    if (message.kind !== 'alert') return
    if (!matchesFilters(message.alert, { filters, nowMs: Date.now() })) return
    setWaiting((before) => {
      const ids = before.key === key ? before.ids : new Set<string>()
      return ids.size >= IDS_MAX ? before : { key, ids: new Set([...ids, message.alert.id]) }
    })
    onArrival()
  })
  return {
    count: waiting.key === key ? waiting.ids.size : 0,
    clear: () => setWaiting({ key, ids: new Set() }),
  }
}
