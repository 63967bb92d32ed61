/*
 * The attribute com.apple.metadata:kMDItemWhereFroms is a binary property list, an array of texts:
 * the address of the download, then the page. Of the format (CoreFoundation, CFBinaryPList.c):
 *
 *   "bplist00"  objects …  offsets …  trailer of 32 bytes:
 *   5 unused, 1 sort version, 1 bytes of an offset, 1 bytes of a reference,
 *   8 number of objects, 8 index of the top object, 8 place of the offsets      (big-endian)
 *
 *   0xAn  array of n references · 0x5n ASCII text of n bytes · 0x6n UTF-16 text of n units
 *   n = 15: an integer object 0x1k of 2^k bytes follows with the length
 */

const TRAILER_BYTES = 32
const BYTES_MAX = 65_536
const TEXTS_MAX = 8
const TEXT_LENGTH_MAX = 4_096
const ARRAY = 0xa
const ASCII = 0x5
const UTF16 = 0x6
const INTEGER = 0x1
const LENGTH_FOLLOWS = 15

/** Reads the texts of a binary property list that is an array of them; none of any other. */
export function readWhereFroms(bytes: Uint8Array): readonly string[] {
  const list = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isList = list.length <= BYTES_MAX && list.subarray(0, 6).toString('latin1') === 'bplist'
  if (!isList || list.length < TRAILER_BYTES + 8) return []
  const trailer = list.length - TRAILER_BYTES
  const plist: Plist = {
    list,
    offsetBytes: list.readUInt8(trailer + 6),
    referenceBytes: list.readUInt8(trailer + 7),
    offsets: wide(list, trailer + 24),
    end: trailer,
  }
  const top = objectAt(plist, wide(list, trailer + 16))
  if (top?.kind !== ARRAY) return []
  const texts: string[] = []
  for (let index = 0; index < Math.min(top.length, TEXTS_MAX); index += 1) {
    const reference = numberAt(plist, top.body + index * plist.referenceBytes, plist.referenceBytes)
    const text = reference === undefined ? undefined : textOf(plist, objectAt(plist, reference))
    if (text !== undefined && text !== '') texts.push(text.slice(0, TEXT_LENGTH_MAX))
  }
  return texts
}

interface Plist {
  readonly list: Buffer
  readonly offsetBytes: number
  readonly referenceBytes: number
  readonly offsets: number
  /** Nothing of an object lies beyond. */
  readonly end: number
}

interface PlistObject {
  readonly kind: number
  readonly length: number
  readonly body: number
}

function objectAt(plist: Plist, index: number): PlistObject | undefined {
  const { offsets, offsetBytes, list, end } = plist
  const at = numberAt(plist, offsets + index * offsetBytes, offsetBytes)
  if (at === undefined || at < 8 || at >= end) return undefined
  const marker = list.readUInt8(at)
  const kind = marker >> 4
  const short = marker & 0xf
  if (short !== LENGTH_FOLLOWS) return { kind, length: short, body: at + 1 }
  if (at + 1 >= end) return undefined
  const size = list.readUInt8(at + 1)
  const bytes = 2 ** (size & 0xf)
  const length = size >> 4 === INTEGER ? numberAt(plist, at + 2, bytes) : undefined
  return length === undefined ? undefined : { kind, length, body: at + 2 + bytes }
}

function textOf({ list, end }: Plist, object: PlistObject | undefined): string | undefined {
  if (object === undefined) return undefined
  const { kind, length, body } = object
  const bytes = kind === UTF16 ? length * 2 : length
  if ((kind !== ASCII && kind !== UTF16) || body + bytes > end) return undefined
  if (kind === ASCII) return list.toString('latin1', body, body + bytes)
  return Buffer.from(list.subarray(body, body + bytes))
    .swap16()
    .toString('utf16le')
}

function numberAt({ list, end }: Plist, at: number, bytes: number): number | undefined {
  const isInside = Number.isSafeInteger(at) && at >= 0 && at + bytes <= Math.max(end, 0)
  if (!isInside || bytes < 1 || bytes > 6) return undefined
  return list.readUIntBE(at, bytes)
}

function wide(list: Buffer, at: number): number {
  return Number(list.readBigUInt64BE(at))
}
