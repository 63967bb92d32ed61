import type { ByteView } from '../../bytes/view.ts'
import type { TreeRecord } from './tree.ts'

/** What the tree of a volume says of one file or folder. */
export interface Inode {
  readonly parent: number
  /** The number under which its extents are. */
  readonly streamId: number
  readonly modifiedMs: number
  readonly flags: number
  readonly ownerId: number
  readonly mode: number
  readonly size: number
}

/** A run of a stream: where in the file, how long, from which block; block 0 is a hole. */
export interface StreamRun {
  readonly offset: number
  readonly length: number
  readonly block: number
}

/** An attribute: its bytes, or the stream that holds them. */
export type Attribute =
  | { readonly bytes: Uint8Array }
  | { readonly streamId: number; readonly size: number }

/** All that is known of a volume's files, by their numbers. */
export interface VolumeRecords {
  readonly inodes: Map<number, Inode>
  readonly names: Map<number, { readonly name: string; readonly id: number }[]>
  readonly runs: Map<number, StreamRun[]>
  readonly attributes: Map<number, Map<string, Attribute>>
}

const TYPE_INODE = 3
const TYPE_ATTRIBUTE = 4
const TYPE_EXTENT = 8
const TYPE_NAME = 9
const EXTENDED_STREAM = 8
const ATTRIBUTE_STREAM = 1
const NAME_LENGTH_MASK = 0x3_ff
const NS_PER_MS = 1_000_000
/** Lengths of extents have flags above them. */
const LENGTH_HIGH_MASK = 0x00_ff_ff_ff

/** A volume without files. */
export function emptyRecords(): VolumeRecords {
  return { inodes: new Map(), names: new Map(), runs: new Map(), attributes: new Map() }
}

/**
 * Takes a record up. Keys begin with the number of the object, the kind in the four highest bits.
 */
export function takeRecord(
  records: VolumeRecords,
  { key, value }: TreeRecord,
  hasHashedNames: boolean,
): void {
  const high = key.u32(4)
  const id = (high & 0x0f_ff_ff_ff) * 2 ** 32 + key.u32(0)
  switch (high >>> 28) {
    case TYPE_INODE:
      records.inodes.set(id, inodeOf(value))
      break
    case TYPE_ATTRIBUTE: {
      const named = records.attributes.get(id) ?? new Map<string, Attribute>()
      records.attributes.set(id, named.set(key.cString(10, key.u16(8)), attributeOf(value)))
      break
    }
    case TYPE_EXTENT: {
      const list = records.runs.get(id) ?? []
      list.push({
        offset: key.size64(8),
        length: (value.u32(4) & LENGTH_HIGH_MASK) * 2 ** 32 + value.u32(0),
        block: value.size64(8),
      })
      records.runs.set(id, list)
      break
    }
    case TYPE_NAME: {
      const list = records.names.get(id) ?? []
      const name = hasHashedNames
        ? key.cString(12, key.u32(8) & NAME_LENGTH_MASK)
        : key.cString(10, key.u16(8))
      list.push({ name: name.replaceAll('/', ':'), id: value.size64(0) })
      records.names.set(id, list)
      break
    }
    default:
  }
}

/**
 * ```
 * 0 parent (8), stream (8), created (8), modified (8) … 68 flags (4), owner (4), group (4),
 * 80 mode (2), padding (2), size before compression (8), 92 extended fields
 * ```
 */
function inodeOf(value: ByteView): Inode {
  return {
    parent: value.size64(0),
    streamId: value.size64(8),
    modifiedMs: Math.floor(value.size64(24) / NS_PER_MS),
    flags: value.u32(68),
    ownerId: value.u32(72),
    mode: value.u16(80),
    size: streamSize(value),
  }
}

/** Fields: count (2), bytes (2), count × { kind (1), flags (1), bytes (2) }, then data, aligned. */
function streamSize(value: ByteView): number {
  if (!value.has(92, 4)) return 0
  const count = value.u16(92)
  let at = 96 + count * 4
  for (let index = 0; index < count; index++) {
    const field = 96 + index * 4
    if (value.u8(field) === EXTENDED_STREAM) return value.size64(at)
    at += (value.u16(field + 2) + 7) & ~7
  }
  return 0
}

/** Flags (2), bytes (2), then the value, or the number and size of the stream that holds it. */
function attributeOf(value: ByteView): Attribute {
  if (value.u16(0) & ATTRIBUTE_STREAM) {
    return { streamId: value.size64(4), size: value.size64(12) }
  }
  // A copy: the value must not keep a whole run of the disk from being let go.
  return { bytes: value.slice(4, value.u16(2)).bytes.slice() }
}
