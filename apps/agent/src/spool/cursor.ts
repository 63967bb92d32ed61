import { PRIORITY_CLASSES, type PriorityClass } from '@pomona/schema'
import type { FileSystem } from './file-system.ts'
import type { StoredItem } from './item.ts'
import { SegmentReader } from './segment-file.ts'
import { comparePlaces, type Place, type Segment } from './state.ts'

/** An item and the segment it lies in. */
export interface PlacedItem {
  readonly item: StoredItem
  readonly segment: number
  readonly place: Place
}

/** What of the spool may be read at one moment. */
export interface View {
  readonly segments: ReadonlyMap<number, Omit<Segment, 'left'>>
  /** Items up to here are passed over. */
  readonly settled: Place
  /** Whether a segment may still grow. */
  isOpen(segment: number): boolean
}

interface Lane {
  reader: SegmentReader | undefined
  segment: number
  items: readonly StoredItem[]
  index: number
  /** Where the lane has got to: a group that was written twice is given out once. */
  last: Place | undefined
}

/**
 * Reads the segments of all classes side by side, so that items come in the order of their places.
 * Each class is in order by itself: its segments by number, the items of a segment as they lie.
 */
export class Cursor {
  readonly #fileSystem: FileSystem
  readonly #folder: string
  readonly #lanes: ReadonlyMap<PriorityClass, Lane>
  /** Segments that were read to their end. */
  readonly #finished = new Set<number>()

  constructor(fileSystem: FileSystem, folder: string) {
    this.#fileSystem = fileSystem
    this.#folder = folder
    this.#lanes = new Map(
      PRIORITY_CLASSES.map((priority) => [
        priority,
        { reader: undefined, segment: -1, items: [], index: 0, last: undefined },
      ]),
    )
  }

  /** Segments that were read to their end. */
  get finished(): ReadonlySet<number> {
    return this.#finished
  }

  /** A segment is gone: what was read of it and not taken is not there any more. */
  async forget(segment: number): Promise<void> {
    this.#finished.delete(segment)
    for (const lane of this.#lanes.values()) {
      if (lane.segment !== segment) continue
      await lane.reader?.close()
      lane.reader = undefined
      lane.items = []
      lane.index = 0
    }
  }

  /** Lets go of all files. */
  async close(): Promise<void> {
    for (const { reader } of this.#lanes.values()) await reader?.close()
  }

  /** The next item of all, without taking it. */
  async peek(view: View): Promise<PlacedItem | undefined> {
    let first: PlacedItem | undefined
    for (const [priority, lane] of this.#lanes) {
      const head = await this.#head(lane, { priority, view })
      if (head === undefined) continue
      if (first === undefined || comparePlaces(head.place, first.place) < 0) first = head
    }
    return first
  }

  /** Takes the item that {@link peek} gave. */
  take({ segment, place }: PlacedItem): void {
    for (const lane of this.#lanes.values()) {
      if (lane.segment !== segment) continue
      lane.index += 1
      lane.last = place
    }
  }

  async #head(lane: Lane, look: Look): Promise<PlacedItem | undefined> {
    const { view, priority } = look
    for (;;) {
      const segment = view.segments.get(lane.segment)
      const item = lane.items[lane.index]
      if (segment !== undefined && item !== undefined) {
        const place = { epoch: segment.epoch, sequence: item.sequence }
        const isNew = lane.last === undefined || comparePlaces(place, lane.last) > 0
        if (isNew && comparePlaces(place, view.settled) > 0) {
          return { item, segment: segment.id, place }
        }
        lane.index += 1
        continue
      }
      const items = segment === undefined ? undefined : await lane.reader?.nextItems(segment.bytes)
      if (items !== undefined) {
        lane.items = items
        lane.index = 0
        continue
      }
      if (segment !== undefined && view.isOpen(segment.id)) return undefined
      if (segment !== undefined) this.#finished.add(segment.id)
      if (!(await this.#nextSegment(lane, { priority, view }))) return undefined
    }
  }

  async #nextSegment(lane: Lane, { priority, view }: Look): Promise<boolean> {
    let next: number | undefined
    for (const segment of view.segments.values()) {
      if (segment.priority !== priority || segment.id <= lane.segment) continue
      if (next === undefined || segment.id < next) next = segment.id
    }
    if (next === undefined) return false
    await lane.reader?.close()
    lane.segment = next
    lane.reader = new SegmentReader(this.#fileSystem, { folder: this.#folder, id: next })
    lane.items = []
    lane.index = 0
    return true
  }
}

interface Look {
  readonly priority: PriorityClass
  readonly view: View
}
