import type { PriorityClass } from '@pomona/schema'
import type { FileSystem, OpenFile } from './file-system.ts'
import {
  encodeSegmentGroup,
  encodeSegmentHeader,
  type GroupHeader,
  segmentPath,
} from './segment-file.ts'
import type { EpochState } from './state.ts'

/** A group that is to be written. */
export interface Group {
  readonly priority: PriorityClass
  readonly body: Uint8Array
  readonly header: Omit<GroupHeader, 'segment' | 'at'>
}

/** Where a group was written. */
export interface Written {
  readonly segment: number
  readonly endBytes: number
}

interface OpenSegment {
  readonly id: number
  readonly file: OpenFile
  /** Bytes up to where it is durable. */
  bytes: number
}

/** Where segments are written, and when a new one is begun. */
export interface WriterOptions {
  readonly fileSystem: FileSystem
  readonly folder: string
  readonly epoch: EpochState
  readonly segmentNext: number
  /** Size at which a segment is followed by another. */
  readonly segmentBytesMax: number
}

/** Bytes of a frame beside its body, roughly, for those who have to make room for it. */
export const GROUP_OVERHEAD_BYTES = 2_048

/** Appends groups to the open segment of each class. */
export class SegmentWriter {
  readonly #options: WriterOptions
  readonly #open = new Map<PriorityClass, OpenSegment>()
  #segmentNext: number

  constructor(options: WriterOptions) {
    this.#options = options
    this.#segmentNext = options.segmentNext
  }

  /** The segment of a class that is written on. */
  openSegment(priority: PriorityClass): number | undefined {
    return this.#open.get(priority)?.id
  }

  /**
   * Writes a group and waits until it is on stable storage.
   *
   * @throws The error of the system. After a failed sync the segment is left as it was known to be
   *         durable, and the next group begins another one.
   */
  async write({ priority, body, header }: Group): Promise<Written> {
    const segment = await this.#segment(priority)
    const at = segment.bytes
    const frame = encodeSegmentGroup({ ...header, segment: segment.id, at }, body)
    // What a failed write leaves behind is written over by the next one.
    await segment.file.write(at, frame)
    await this.#sync(priority, segment)
    segment.bytes += frame.length
    if (segment.bytes >= this.#options.segmentBytesMax) await this.close(priority)
    return { segment: segment.id, endBytes: at + frame.length }
  }

  /** Nothing more goes into the open segment of a class. */
  async close(priority: PriorityClass): Promise<void> {
    const segment = this.#open.get(priority)
    this.#open.delete(priority)
    // Everything that counts was synced.
    await segment?.file.close().catch(() => undefined)
  }

  async closeAll(): Promise<void> {
    for (const priority of this.#open.keys()) await this.close(priority)
  }

  async #segment(priority: PriorityClass): Promise<OpenSegment> {
    const open = this.#open.get(priority)
    if (open !== undefined) return open
    const { fileSystem, folder, epoch } = this.#options
    // A number is never used twice: of a segment that could not be begun a file may be left.
    const id = this.#segmentNext++
    const file = await fileSystem.open(segmentPath(folder, id), 'create')
    const header = encodeSegmentHeader({ format: 1, segment: id, priority, ...epoch })
    try {
      await file.write(0, header)
      await file.sync()
      await fileSystem.syncFolder(folder)
    } catch (error) {
      await file.close().catch(() => undefined)
      await fileSystem.remove(segmentPath(folder, id)).catch(() => undefined)
      throw error
    }
    const segment = { id, file, bytes: header.length }
    this.#open.set(priority, segment)
    return segment
  }

  async #sync(priority: PriorityClass, segment: OpenSegment): Promise<void> {
    try {
      await segment.file.sync()
    } catch (error) {
      // The next sync would succeed without having written what this one could not.
      await this.close(priority)
      throw error
    }
  }
}
