import { truncated } from './stop.ts'

/** Random access to bytes, which may have to be unpacked as they are read. */
export interface ByteSource {
  readonly length: number
  /** @throws AnalysisError ERR_ANALYSIS_TRUNCATED beyond the end. */
  read(offset: number, length: number): Uint8Array
}

/** Bytes that are there already. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read: (offset, length) => {
      checkRange(bytes.length, { offset, length })
      return bytes.subarray(offset, offset + length)
    },
  }
}

/** Where bytes are. */
export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** @throws AnalysisError when the range is not inside `size` bytes. */
export function checkRange(size: number, { offset, length }: ByteRange): void {
  if (!(offset >= 0 && length >= 0 && offset <= size && length <= size - offset)) {
    throw truncated(`${length} bytes at offset ${offset} are beyond the ${size} there are.`)
  }
}

/** The first bytes, fewer when there are fewer. */
export function headOf(source: ByteSource, length: number): Uint8Array {
  return source.read(0, Math.min(length, source.length))
}

/** The bytes at an offset, fewer or none when there are fewer. */
export function peek(source: ByteSource, { offset, length }: ByteRange): Uint8Array {
  if (offset < 0 || offset >= source.length) return new Uint8Array()
  return source.read(offset, Math.min(length, source.length - offset))
}
/** A part of a source as a source of its own. */
export function partOf(source: ByteSource, range: ByteRange): ByteSource {
  const { offset } = range
  const length = Math.max(0, Math.min(range.length, source.length - offset))
  return {
    length,
    read: (at, count) => {
      checkRange(length, { offset: at, length: count })
      return source.read(offset + at, count)
    },
  }
}
