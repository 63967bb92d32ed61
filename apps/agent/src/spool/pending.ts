import { PRIORITY_CLASSES, type PriorityClass } from '@pomona/schema'
import { LedgerBook } from '../ledger/book.ts'
import { type SpoolItem, tallyOf } from './item.ts'
import type { Change } from './state.ts'

/** Items of a group are written together: so many bytes of text at most, or one item. */
const GROUP_BYTES_MAX = 1024 * 1024
/** Share of a class that is given up at once when memory is short. */
const DROP_SHARE = 4
/** From what is given up first to what is given up last. */
export const DROP_ORDER: readonly PriorityClass[] = PRIORITY_CLASSES.toReversed()

/** What is in memory only. */
export class Pending {
  readonly #items = new Map<PriorityClass, SpoolItem[]>()
  #book = new LedgerBook()
  #changes: Change[] = []
  #bytes = 0
  #count = 0

  /** Characters of the texts in memory, which is about what they take. */
  get bytes(): number {
    return this.#bytes
  }

  /** Items in memory. */
  get count(): number {
    return this.#count
  }

  /** Whether there is anything to be written. */
  get isEmpty(): boolean {
    return this.#count === 0 && this.#changes.length === 0 && this.#book.entries().length === 0
  }

  /** Counts that were not written yet; to be added to. */
  get book(): LedgerBook {
    return this.#book
  }

  add(item: SpoolItem): void {
    const items = this.#items.get(item.priority) ?? []
    items.push(item)
    this.#items.set(item.priority, items)
    this.#bytes += item.text.length
    this.#count += 1
  }

  change(change: Change): void {
    this.#changes.push(change)
  }

  /** Gives up the oldest of the lowest class until no more than so many bytes are left. */
  shrink(bytesMax: number, reason: string): void {
    for (const priority of DROP_ORDER) {
      const items = this.#items.get(priority) ?? []
      while (this.#bytes > bytesMax && items.length > 0) {
        const dropped = items.splice(0, Math.ceil(items.length / DROP_SHARE))
        for (const { text } of dropped) this.#bytes -= text.length
        this.#count -= dropped.length
        countDropped(this.#book, { items: dropped, priority, reason })
      }
    }
  }

  /** Takes everything out. */
  take(): { readonly groups: readonly PendingGroup[]; readonly changes: readonly Change[] } {
    const groups = PRIORITY_CLASSES.flatMap((priority) =>
      grouped(this.#items.get(priority) ?? []).map((items) => ({ priority, items })),
    )
    const changes = [...countChanges(this.#book), ...this.#changes]
    this.#items.clear()
    this.#book = new LedgerBook()
    this.#changes = []
    this.#bytes = 0
    this.#count = 0
    return { groups, changes }
  }
}

/** Items of one class that are written together. */
export interface PendingGroup {
  readonly priority: PriorityClass
  readonly items: readonly SpoolItem[]
}

/** The counts of a book as changes of the accounts. */
export function countChanges(book: LedgerBook): readonly Change[] {
  return book.entries().map(({ sensor, hourMs, entry }) => ({
    ...({ kind: 'count', sensor, hourMs } as const),
    entry: entry.state(),
  }))
}

/** Counts items that were sensed and given up before they reached the disk. */
export function countDropped(
  book: LedgerBook,
  { items, priority, reason }: PendingGroup & { readonly reason: string },
): void {
  for (const { sensor, hourMs, type, count, fromMs, toMs } of tallyOf(items).entries()) {
    const entry = book.at(sensor, hourMs)
    entry.sensed += count
    entry.drop({ reason, type, priority, count, fromMs, toMs })
  }
}

function grouped(items: readonly SpoolItem[]): readonly (readonly SpoolItem[])[] {
  const groups: SpoolItem[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    bytes += item.text.length
    if (bytes > GROUP_BYTES_MAX) {
      groups.push([])
      bytes = item.text.length
    }
    groups.at(-1)?.push(item)
  }
  return groups
}
