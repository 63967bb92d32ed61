import { isBzip2, unpackBzip2 } from '../../compression/bzip2.ts'
import { isGzip, unpackGzip } from '../../compression/gzip.ts'
import { isXz, unpackXz } from '../../compression/xz.ts'
import { unpackZlib } from '../../compression/zlib.ts'
import { isText } from '../language.ts'
import type { Decoding } from './decoding.ts'

const TEXT_SHARE = 4
const BINARIES: readonly (readonly number[])[] = [
  [0xcf, 0xfa, 0xed, 0xfe],
  [0xca, 0xfe, 0xba, 0xbe],
  [0x50, 0x4b, 0x03, 0x04],
  [0x78, 0x61, 0x72, 0x21],
  [0x46, 0x61, 0x73, 0x64],
]

/**
 * What decoded bytes are good for: a text, a packed text, or a file worth keeping. Anything else is
 * chance: most words happen to be Base64 of something.
 */
export function meaningOf(bytes: Uint8Array, by: string, bytesMax: number): Decoding | undefined {
  if (bytes.length < TEXT_SHARE) return undefined
  const packed = unpackedText(bytes, bytesMax)
  if (packed !== undefined) return { by: `${by}, ${packed.by}`, bytes: packed.bytes }
  const isFile = BINARIES.some((magic) => magic.every((byte, index) => bytes[index] === byte))
  if (isFile) return { by, bytes }
  return isReadable(bytes) ? { by, bytes } : undefined
}

function unpackedText(bytes: Uint8Array, bytesMax: number) {
  for (const [by, isOne, unpack] of [
    ['gzip', isGzip, unpackGzip],
    ['bzip2', isBzip2, unpackBzip2],
    ['xz', isXz, unpackXz],
    ['zlib', isZlib, unpackZlib],
  ] as const) {
    if (!isOne(bytes)) continue
    const unpacked = unpack(bytes, bytesMax).bytes
    if (unpacked.length > 0) return { by, bytes: unpacked }
  }
  return undefined
}

/** A deflate stream with one of the usual headers, whose two bytes are a multiple of 31. */
function isZlib(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes
  return first === 0x78 && (first * 256 + second) % 31 === 0
}

const STRICT = new TextDecoder('utf-8', { fatal: true })

/** Valid UTF-8 of printable characters. */
function isReadable(bytes: Uint8Array): boolean {
  if (!isText(bytes)) return false
  try {
    STRICT.decode(bytes)
    return true
  } catch {
    return false
  }
}
