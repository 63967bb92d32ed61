import { crc32 } from 'node:zlib'
import { ByteView } from '../../bytes/view.ts'
import { unpackBzip2 } from '../../compression/bzip2.ts'
import type { Decoded } from '../../compression/decoded.ts'
import { type LzmaBounds, unpackLzmaZip, unpackXz } from '../../compression/xz.ts'
import { unpackDeflate, unpackZstd } from '../../compression/zlib.ts'
import type { Content } from '../entry.ts'
import { type ByteSource, peek } from '../source.ts'
import { damaged, encrypted, truncated, unsupported } from '../stop.ts'
import type { DirectoryEntry } from './directory.ts'

const LOCAL_MAGIC = 0x04_03_4b_50
const LOCAL_BYTES = 30
const FLAG_ENCRYPTED = 1
const METHOD_STORED = 0
const NOTHING = new Uint8Array()

type Method = (packed: Uint8Array, bytesMax: number, bounds: LzmaBounds) => Decoded

const METHODS: Readonly<Record<number, Method>> = {
  8: unpackDeflate,
  12: unpackBzip2,
  14: (packed, _, bounds) => unpackLzmaZip(packed, bounds),
  93: unpackZstd,
  95: unpackXz,
}

/** What stands before the content of an entry. */
export interface LocalHeader {
  readonly name: Uint8Array
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly size: number
  readonly extra: ByteView
  /** Where the content begins. */
  readonly contentAt: number
}

/**
 * Reads a local header.
 *
 * ```
 * magic, needs (2), flags (2), method (2), time (2), date (2), CRC (4), packed (4), size (4),
 * name length (2), extra length (2), name, extra
 * ```
 *
 * @returns Undefined when none is there.
 * @throws AnalysisError when it is cut.
 */
export function localHeader(source: ByteSource, offset: number): LocalHeader | undefined {
  const fixed = new ByteView(peek(source, { offset, length: LOCAL_BYTES }))
  if (!fixed.has(0, 4) || fixed.u32(0) !== LOCAL_MAGIC) return undefined
  if (fixed.length < LOCAL_BYTES) throw truncated('The last local header is cut.')
  const nameBytes = fixed.u16(26)
  const extraBytes = fixed.u16(28)
  return {
    name: source.read(offset + LOCAL_BYTES, nameBytes),
    flags: fixed.u16(6),
    method: fixed.u16(8),
    crc: fixed.u32(14),
    packedBytes: fixed.u32(18),
    size: fixed.u32(22),
    extra: new ByteView(source.read(offset + LOCAL_BYTES + nameBytes, extraBytes)),
    contentAt: offset + LOCAL_BYTES + nameBytes + extraBytes,
  }
}

/** Unpacks an entry. @throws AnalysisError */
export function zipContent(source: ByteSource, entry: DirectoryEntry, bytesMax: number): Content {
  const header = localHeader(source, entry.offset)
  if (header === undefined) throw damaged('There is no local header where the directory says.')
  if (entry.flags & FLAG_ENCRYPTED) throw encrypted('The content needs a password.')
  const { packedBytes, method, size, crc } = entry
  const packed = peek(source, { offset: header.contentAt, length: packedBytes })
  if (method === METHOD_STORED && packedBytes > bytesMax)
    return { bytes: NOTHING, problem: 'limit' }
  const unpackMethod = METHODS[method]
  if (method !== METHOD_STORED && unpackMethod === undefined) {
    throw unsupported(`Compression method ${method} is not read.`)
  }
  const plain: Content = { bytes: packed }
  const decoded: Content = unpackMethod?.(packed, bytesMax, { bytesMax, size }) ?? plain
  const { bytes } = decoded
  if (decoded.problem !== undefined) return { bytes, problem: decoded.problem }
  if (packed.length < packedBytes) return { bytes, problem: 'truncated' }
  return crc32(bytes) === crc ? { bytes } : { bytes, problem: 'checksum' }
}
