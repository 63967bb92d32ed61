import { LedgerBook } from '../ledger/book.ts'
import { encodeGroup, tallyOf } from './item.ts'
import { countChanges, countDropped, type PendingGroup } from './pending.ts'
import type { Change } from './state.ts'
import type { TallyRows } from './tally.ts'

/** A group on its way to the disk. */
export interface FlyingGroup extends PendingGroup {
  readonly body: Uint8Array
  readonly tally: TallyRows
}

/**
 * One commit on its way to the disk. It is tried again until it has got there; what was written
 * stays written, what has no room any more is counted as dropped.
 */
export class Flight {
  readonly commit: number
  /** When everything in it was taken out of memory. */
  readonly atMs: number
  readonly #changes: Change[]
  readonly #waiting: FlyingGroup[]
  readonly #frames: Change[] = []
  readonly #gone: Change[] = []
  readonly #dropped = new LedgerBook()
  #landedBytes = 0

  constructor(of: {
    commit: number
    atMs: number
    changes: readonly Change[]
    groups: readonly FlyingGroup[]
  }) {
    this.commit = of.commit
    this.atMs = of.atMs
    this.#changes = [...of.changes]
    this.#waiting = [...of.groups]
  }

  /** Groups that are not on the disk, the most urgent first. */
  get waiting(): readonly FlyingGroup[] {
    return this.#waiting
  }

  /** Segments that got a group which the accounts do not know of. */
  get written(): ReadonlySet<number> {
    return new Set(this.#frames.flatMap((each) => (each.kind === 'frame' ? each.segment : [])))
  }

  /** Bytes of the groups that the accounts do not know of, about. */
  get landedBytes(): number {
    return this.#landedBytes
  }

  /** Items that are not on the disk. */
  get waitingCount(): number {
    return this.#waiting.reduce((sum, { items }) => sum + items.length, 0)
  }

  /** The group is on stable storage. */
  landed(group: FlyingGroup, at: { segment: number; epoch: number; endBytes: number }): void {
    this.#remove(group)
    const { priority, tally } = group
    this.#landedBytes += group.body.length
    this.#frames.push({ kind: 'frame', priority, tally, ...at })
  }

  /** There is no room for the group. */
  drop(group: FlyingGroup, reason: string): void {
    this.#remove(group)
    countDropped(this.#dropped, { items: group.items, priority: group.priority, reason })
  }

  /** A segment makes room. */
  sacrifice(segment: number, reason: string): void {
    this.#gone.push({ kind: 'gone', segment, reason })
  }

  /** Everything that changes with it: what leaves comes after what it is counted by. */
  changes(): readonly Change[] {
    return [...this.#changes, ...countChanges(this.#dropped), ...this.#frames, ...this.#gone]
  }

  #remove(group: FlyingGroup): void {
    this.#waiting.splice(this.#waiting.indexOf(group), 1)
  }
}

/** First and last sequence of a group. */
export function spanOf({ items }: PendingGroup): { readonly first: number; readonly last: number } {
  const [first] = items
  const last = items.at(-1)
  return { first: first?.sequence ?? 0, last: last?.sequence ?? 0 }
}

/** Encodes what is in memory. */
export async function groupsOf(groups: readonly PendingGroup[]): Promise<readonly FlyingGroup[]> {
  const encoded: FlyingGroup[] = []
  for (const group of groups) {
    encoded.push({
      ...group,
      body: await encodeGroup(group.items),
      tally: tallyOf(group.items).rows(),
    })
  }
  return encoded
}
