import { ByteView } from '../../bytes/view.ts'
import type { Decoded } from '../../compression/decoded.ts'
import { unpackLzfse } from '../../compression/lzfse.ts'
import { unpackLzvn } from '../../compression/lzvn.ts'
import { unpackZlib } from '../../compression/zlib.ts'
import type { Content } from '../entry.ts'
import { damaged, unsupported } from '../stop.ts'

/** The attribute that says that a file is compressed by the file system. */
export const DECMPFS = 'com.apple.decmpfs'

const MAGIC = 0x63_6d_70_66
const HEADER_BYTES = 16
const BLOCK_BYTES = 65_536

type Unpack = (packed: Uint8Array, bytesMax: number) => Decoded

interface Kind {
  readonly unpack: Unpack | undefined
  /** The byte that says that what follows is not packed. */
  readonly plainMark: number
  /** How the blocks in the resource fork are listed; undefined when all is in the attribute. */
  readonly blocks?: 'offsets' | 'resource'
}

const KINDS: Readonly<Record<number, Kind>> = {
  1: { unpack: undefined, plainMark: -1 },
  3: { unpack: unpackZlib, plainMark: 0x0f },
  4: { unpack: unpackZlib, plainMark: 0x0f, blocks: 'resource' },
  7: { unpack: unpackLzvn, plainMark: 0x06 },
  8: { unpack: unpackLzvn, plainMark: 0x06, blocks: 'offsets' },
  9: { unpack: undefined, plainMark: 0x0c },
  10: { unpack: undefined, plainMark: 0x0c, blocks: 'offsets' },
  11: { unpack: unpackLzfse, plainMark: -1 },
  12: { unpack: unpackLzfse, plainMark: -1, blocks: 'offsets' },
}

/** What the attribute says: kind of compression and size of the file. */
export interface Decmpfs {
  readonly kind: number
  readonly size: number
  readonly inline: Uint8Array
}

/** Reads the header of the attribute: "fpmc", kind (4), size (8), little-endian; then content. */
export function readDecmpfs(attribute: Uint8Array): Decmpfs | undefined {
  const view = new ByteView(attribute)
  if (!view.has(0, HEADER_BYTES) || view.u32(0) !== MAGIC) return undefined
  const inline = attribute.subarray(HEADER_BYTES)
  return { kind: view.u32(4), size: view.size64(8), inline }
}

/**
 * Unpacks a file that the file system compresses.
 *
 * @param fork Gives the resource fork, in which larger files have their blocks of 64 KiB.
 * @throws AnalysisError
 */
export function decmpfsContent(
  { kind, size, inline }: Decmpfs,
  fork: () => Uint8Array,
  bytesMax: number,
): Content {
  const how = KINDS[kind]
  if (how === undefined) throw unsupported(`Compression ${kind} of the file system is not read.`)
  if (size > bytesMax) return { bytes: new Uint8Array(), problem: 'limit' }
  if (how.blocks === undefined) return blockContent(inline, how, size)
  const resource = fork()
  const blocks = how.blocks === 'resource' ? resourceBlocks(resource) : offsetBlocks(resource)
  const parts: Uint8Array[] = []
  let length = 0
  for (const block of blocks) {
    if (length >= size) break
    const { bytes, problem } = blockContent(block, how, Math.min(BLOCK_BYTES, size - length))
    parts.push(bytes)
    length += bytes.length
    if (problem !== undefined) return { bytes: Buffer.concat(parts), problem }
  }
  const bytes = Buffer.concat(parts)
  return length < size ? { bytes, problem: 'truncated' } : { bytes }
}

function blockContent(block: Uint8Array, { unpack, plainMark }: Kind, size: number): Content {
  const [mark = -1] = block
  // Only the low half of zlib's mark counts: 0xff as well as 0x0f.
  const isPlain = plainMark === 0x0f ? (mark & 0x0f) === plainMark : mark === plainMark
  if (isPlain) return { bytes: block.subarray(1, 1 + size) }
  if (unpack === undefined) return { bytes: block.subarray(0, size) }
  const { bytes, problem } = unpack(block, size)
  return problem === undefined ? { bytes } : { bytes, problem }
}

/** A resource fork with one resource: length (4, big), then count and offset, size, little. */
function* resourceBlocks(fork: Uint8Array): Iterable<Uint8Array> {
  const dataAt = new ByteView(fork, 'big').u32(0)
  const view = new ByteView(fork).from(dataAt + 4)
  const count = view.u32(0)
  for (let block = 0; block < count; block++) {
    yield view.slice(view.u32(4 + block * 8), view.u32(8 + block * 8)).bytes
  }
}

/** Offsets of the blocks and of the end; the first says how many there are. */
function* offsetBlocks(fork: Uint8Array): Iterable<Uint8Array> {
  const view = new ByteView(fork)
  const first = view.u32(0)
  if (first % 4 !== 0) throw damaged('The list of compressed blocks is none.')
  for (let at = 0; at + 4 < first; at += 4) {
    const from = view.u32(at)
    yield view.slice(from, view.u32(at + 4) - from).bytes
  }
}
