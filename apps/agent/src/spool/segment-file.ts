/*
 * A segment is a file of frames. The first has no body; its header says what the segment is. Every
 * other one has a group of items as its body, and its header says where it belongs, so that a frame
 * in a wrong place is none, and what it holds, so that the accounts can be made good from segments.
 */
import { join } from 'node:path'
import { PriorityClass } from '@pomona/schema'
import { z } from 'zod'
import type { FileSystem, OpenFile } from './file-system.ts'
import { decodeFrame, encodeFrame, FRAME_PREFIX_BYTES, frameLength, nextFrame } from './frame.ts'
import { decodeGroup, type StoredItem } from './item.ts'
import { EpochState } from './state.ts'
import { TallyRows } from './tally.ts'

/** What a segment says of itself. */
export const SegmentHeader = EpochState.extend({
  format: z.literal(1),
  segment: z.int().min(0),
  priority: PriorityClass,
})
export type SegmentHeader = z.infer<typeof SegmentHeader>

/** What a group says of itself. */
export const GroupHeader = z.strictObject({
  segment: z.int().min(0),
  at: z.int().min(0),
  commit: z.int().min(0),
  first: z.int().min(0),
  last: z.int().min(0),
  tally: TallyRows,
})
export type GroupHeader = z.infer<typeof GroupHeader>

/** A group as it lies in its segment. */
export interface SegmentGroup {
  readonly header: GroupHeader
  readonly body: Buffer
  readonly endBytes: number
}

/** Where a segment is read. */
export interface SegmentPlace {
  readonly folder: string
  readonly id: number
  readonly at?: number
}

const NAME = /^segment-(\d{1,15})$/
// A search for the next frame after a damaged one looks at so much at once.
const SEARCH_BYTES = 256 * 1024

/** Path of a segment. */
export function segmentPath(folder: string, id: number): string {
  return join(folder, `segment-${id}`)
}

/** The segment a file name stands for. */
export function segmentOf(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** First frame of a segment. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  return encodeFrame(header)
}

/** Frame of a group. */
export function encodeSegmentGroup(header: GroupHeader, body: Uint8Array): Buffer {
  return encodeFrame(header, body)
}

/**
 * Reads one segment from its beginning, group by group. Damage is passed over, never thrown. Holds
 * the file open until it is closed.
 */
export class SegmentReader {
  readonly #fileSystem: FileSystem
  readonly #path: string
  readonly #id: number
  #file: OpenFile | undefined
  #at = 0
  #header: SegmentHeader | undefined

  /** @param segment Where it lies, and from which byte on it is read. */
  constructor(fileSystem: FileSystem, segment: SegmentPlace) {
    this.#fileSystem = fileSystem
    this.#path = segmentPath(segment.folder, segment.id)
    this.#id = segment.id
    this.#at = segment.at ?? 0
  }

  /** What the segment says of itself, when it was read and is whole. */
  get header(): SegmentHeader | undefined {
    return this.#header
  }

  /** Place up to where it was read. */
  get at(): number {
    return this.#at
  }

  /**
   * The next whole group that ends at or before a place.
   *
   * @returns `undefined` when there is none.
   */
  async nextGroup(endBytes: number): Promise<SegmentGroup | undefined> {
    while (this.#at < endBytes) {
      const bytes = await this.#read(this.#at, FRAME_PREFIX_BYTES)
      const length = bytes === undefined ? undefined : frameLength(bytes)
      const isInside = length !== undefined && this.#at + length <= endBytes
      const whole = isInside ? await this.#read(this.#at, length) : undefined
      const frame = whole === undefined ? undefined : decodeFrame(whole)
      if (frame === undefined) {
        this.#at = await this.#search(endBytes)
        continue
      }
      const at = this.#at
      this.#at += frame.lengthBytes
      if (at === 0) this.#header = this.#own(SegmentHeader.safeParse(frame.header).data)
      const header = this.#own(GroupHeader.safeParse(frame.header).data)
      if (header?.at === at) return { header, body: frame.body, endBytes: this.#at }
    }
    return undefined
  }

  /** The items of the next whole group that can be read. */
  async nextItems(endBytes: number): Promise<readonly StoredItem[] | undefined> {
    for (;;) {
      const group = await this.nextGroup(endBytes)
      if (group === undefined) return undefined
      const items = await decodeGroup(group.body)
      if (items !== undefined) return items
    }
  }

  #own<Header extends { readonly segment: number }>(
    header: Header | undefined,
  ): Header | undefined {
    return header?.segment === this.#id ? header : undefined
  }

  async #search(endBytes: number): Promise<number> {
    let at = this.#at
    while (at < endBytes) {
      const bytes = await this.#read(at, Math.min(SEARCH_BYTES, endBytes - at))
      if (bytes === undefined || bytes.length < FRAME_PREFIX_BYTES) return endBytes
      const next = nextFrame(bytes, 0)
      if (next > 0) return at + next
      // The mark of a frame may lie across the border.
      at += bytes.length - FRAME_PREFIX_BYTES + 1
    }
    return endBytes
  }

  /** Lets go of the file; reading on opens it again. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    // Nothing was written: there is nothing to lose.
    await file?.close().catch(() => undefined)
  }

  // What cannot be read is damaged, whatever the disk calls it.
  async #read(position: number, lengthBytes: number): Promise<Buffer | undefined> {
    try {
      this.#file ??= await this.#fileSystem.open(this.#path, 'read')
      const bytes = await this.#file.read(position, lengthBytes)
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    } catch {
      return undefined
    }
  }
}
