import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import { useKeys } from '../shell/keys.ts'
import type { ListMemory } from '../shell/list-memory.ts'

interface RowsOptions<Item> {
  readonly list: ListMemory
  /** The filters as the address has them: another list begins without a row. */
  readonly search: string
  readonly items: readonly Item[]
}

/** The row that the keyboard is at, and how it moves; remembered for the way back to the list. */
export interface Rows<Item> {
  /** Below 0 for none. */
  readonly current: number
  readonly currentItem: Item | undefined
  readonly setRow: (row: number) => void
  readonly step: (by: number) => () => void
  readonly open: (item: Item | undefined) => void
}

/** Where the keyboard is in a list. */
export function useRows<Item extends { readonly id: string }>({
  list,
  search,
  items,
}: RowsOptions<Item>): Rows<Item> {
  const navigate = useNavigate()
  const [place, setPlace] = useState(() => ({ search, row: list.row(search) }))
  const current = place.search === search ? Math.min(place.row, items.length - 1) : -1
  useEffect(() => {
    list.remember({ search, ids: items.map(({ id }) => id), current })
  }, [list, search, items, current])
  const setRow = (row: number) => setPlace({ search, row })
  return {
    current,
    currentItem: items[current],
    setRow,
    step: (by) => () => setRow(Math.max(0, Math.min(items.length - 1, current + by))),
    open: (item) => {
      if (item !== undefined) void navigate(list.addressOf(item.id))
    },
  }
}

interface RowKeys<Item> {
  readonly rows: Rows<Item>
  readonly ticks: { readonly toggle: (id: string) => void; readonly clear: () => void }
  readonly onDecide: () => void
  readonly onRefresh: () => void
  readonly onSearch: () => void
}

/** The keys that every list of things to decide has. */
export function useRowKeys<Item extends { readonly id: string }>(keys: RowKeys<Item>): void {
  const { rows, ticks, onDecide, onRefresh, onSearch } = keys
  const { currentItem } = rows
  useKeys({
    j: rows.step(1),
    ArrowDown: rows.step(1),
    k: rows.step(-1),
    ArrowUp: rows.step(-1),
    Enter: () => rows.open(currentItem),
    o: () => rows.open(currentItem),
    x: () => currentItem !== undefined && ticks.toggle(currentItem.id),
    e: onDecide,
    n: onRefresh,
    '/': onSearch,
    Escape: ticks.clear,
  })
}
