import { useMemo, useState } from 'react'

/** What is ticked in a list. Rows that left it are no longer chosen, whatever was ticked before. */
export function useTicks(items: readonly { readonly id: string }[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const chosen = useMemo(
    () => new Set(items.map(({ id }) => id).filter((id) => ids.has(id))),
    [items, ids],
  )
  const toggle = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    setIds(next)
  }
  const all = items.length > 0 && chosen.size === items.length
  const toggleAll = () => setIds(all ? new Set() : new Set(items.map(({ id }) => id)))
  return { chosen, toggle, all, toggleAll, clear: () => setIds(new Set()) }
}
