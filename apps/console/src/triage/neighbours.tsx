import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { Link } from 'react-router'
import type { ListMemory } from '../shell/list-memory.ts'

interface NeighboursProps {
  readonly list: ListMemory
  readonly id: string
  readonly labels: { readonly previous: string; readonly next: string }
}

/** Links to what stands before and after in the list that was left. */
export function Neighbours({ list, id, labels }: NeighboursProps) {
  const [before, after] = [list.neighbour(id, -1), list.neighbour(id, 1)]
  return (
    <span className="row neighbours">
      {before !== undefined && (
        <Link to={list.addressOf(before)} aria-label={labels.previous}>
          <IconChevronUp size={16} aria-hidden />
        </Link>
      )}
      {after !== undefined && (
        <Link to={list.addressOf(after)} aria-label={labels.next}>
          <IconChevronDown size={16} aria-hidden />
        </Link>
      )}
    </span>
  )
}
