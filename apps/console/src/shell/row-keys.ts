import { useState } from 'react'
import { type KeyMap, useKeys } from './keys.ts'

interface RowKeysOptions<T> {
  readonly items: readonly T[]
  readonly onOpen: (item: T) => void
  /** Keys of the page beside the walk. */
  readonly keys?: KeyMap
}

/**
 * The walk over a list: j and k or the arrows move, Enter opens.
 *
 * @returns The row the keyboard is on, as the table's `current`; nothing before the first step.
 */
export function useRowKeys<T>({ items, onOpen, keys = {} }: RowKeysOptions<T>): {
  readonly current?: number
} {
  const [row, setRow] = useState(-1)
  const current = Math.min(row, items.length - 1)
  const step = (by: number) => () => setRow(Math.max(0, Math.min(items.length - 1, current + by)))
  const open = () => {
    const item = items[current]
    if (item !== undefined) onOpen(item)
  }
  useKeys({
    ...keys,
    j: step(1),
    ArrowDown: step(1),
    k: step(-1),
    ArrowUp: step(-1),
    Enter: open,
  })
  return current < 0 ? {} : { current }
}
