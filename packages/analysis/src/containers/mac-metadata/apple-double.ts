import { ByteView } from '../../bytes/view.ts'
import { damaged } from '../stop.ts'

const MAGIC_DOUBLE = 0x00_05_16_07
const MAGIC_SINGLE = 0x00_05_16_00
const HEADER_BYTES = 26
const DESCRIPTOR_BYTES = 12
const DESCRIPTORS_MAX = 32
const ID_DATA = 1
const ID_RESOURCE = 2
const ID_FINDER = 9
const FINDER_BYTES = 32
const ATTRIBUTES_MAGIC = 0x41_54_54_52
const ATTRIBUTES_AT = 2
const ATTRIBUTES_HEADER_BYTES = 36
const ATTRIBUTES_MAX = 1_024

/** What a `._` file keeps beside the file it belongs to. */
export interface AppleDouble {
  /** Extended attributes, the Finder's information among them under its usual name. */
  readonly attributes: ReadonlyMap<string, Uint8Array>
  readonly resourceFork?: Uint8Array
  /** Only AppleSingle files hold the content itself. */
  readonly dataFork?: Uint8Array
}

/** Whether an AppleDouble or AppleSingle file begins here. */
export function isAppleDouble(bytes: Uint8Array): boolean {
  const view = new ByteView(bytes, 'big')
  if (!view.has(0, HEADER_BYTES)) return false
  return view.u32(0) === MAGIC_DOUBLE || view.u32(0) === MAGIC_SINGLE
}

/**
 * Reads an AppleDouble file, all big-endian.
 *
 * ```
 * magic (4), version (4), filler (16), descriptors (2), descriptors × { id (4), offset (4),
 * length (4) }
 * Finder information   32 bytes, padding (2), then "ATTR", tag (4), total (4), data start (4),
 *                      data length (4), reserved (12), flags (2), count (2), and entries:
 *                      offset (4), length (4), flags (2), name length (1), name with NUL, padding
 * ```
 *
 * @throws AnalysisError
 * @see RFC 1740; XNU bsd/vfs/vfs_xattr.c
 */
export function readAppleDouble(bytes: Uint8Array): AppleDouble {
  const view = new ByteView(bytes, 'big')
  const count = view.u16(24)
  if (count > DESCRIPTORS_MAX) throw damaged(`${count} parts are absurd.`)
  const attributes = new Map<string, Uint8Array>()
  let resourceFork: Uint8Array | undefined
  let dataFork: Uint8Array | undefined
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + index * DESCRIPTOR_BYTES
    const [id, offset, length] = [view.u32(at), view.u32(at + 4), view.u32(at + 8)]
    if (id === ID_RESOURCE) resourceFork = view.slice(offset, length).bytes
    else if (id === ID_DATA) dataFork = view.slice(offset, length).bytes
    else if (id === ID_FINDER) readFinder(view, { offset, length, attributes })
  }
  return {
    attributes,
    ...(resourceFork !== undefined && resourceFork.length > 0 && { resourceFork }),
    ...(dataFork !== undefined && { dataFork }),
  }
}

interface FinderPart {
  readonly offset: number
  readonly length: number
  readonly attributes: Map<string, Uint8Array>
}

function readFinder(view: ByteView, { offset, length, attributes }: FinderPart): void {
  const information = view.slice(offset, Math.min(length, FINDER_BYTES)).bytes
  if (information.some((byte) => byte !== 0)) {
    attributes.set('com.apple.FinderInfo', information)
  }
  const at = offset + FINDER_BYTES + ATTRIBUTES_AT
  const isThere = length > FINDER_BYTES && view.has(at, ATTRIBUTES_HEADER_BYTES)
  if (!isThere || view.u32(at) !== ATTRIBUTES_MAGIC) return
  const count = view.u16(at + 34)
  if (count > ATTRIBUTES_MAX) throw damaged(`${count} attributes are absurd.`)
  let entry = at + ATTRIBUTES_HEADER_BYTES
  for (let index = 0; index < count; index++) {
    const nameBytes = view.u8(entry + 10)
    const name = view.cString(entry + 11, nameBytes)
    attributes.set(name, view.slice(view.u32(entry), view.u32(entry + 4)).bytes)
    entry += (11 + nameBytes + 3) & ~3
  }
}
