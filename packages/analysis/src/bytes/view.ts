import { AnalysisError } from '../errors.ts'

const UTF8 = new TextDecoder()

/** Byte order of the numbers in a {@link ByteView}. */
export type Endian = 'little' | 'big'

/**
 * Bytes that are read with checks. Every reader throws `ERR_ANALYSIS_TRUNCATED` where the bytes
 * do not reach, so a parser states only what its format says. Views share the bytes; making one
 * copies nothing.
 */
export class ByteView {
  readonly bytes: Uint8Array
  readonly endian: Endian
  /** Where this view begins in the bytes it was cut from, for messages. */
  readonly origin: number
  readonly #data: DataView
  readonly #little: boolean

  constructor(bytes: Uint8Array, endian: Endian = 'little', origin = 0) {
    this.bytes = bytes
    this.endian = endian
    this.origin = origin
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#little = endian === 'little'
  }

  get length(): number {
    return this.bytes.length
  }

  /** The same bytes with numbers in the given order. */
  as(endian: Endian): ByteView {
    return endian === this.endian ? this : new ByteView(this.bytes, endian, this.origin)
  }

  /** Whether `length` bytes from `offset` on lie inside. */
  has(offset: number, length: number): boolean {
    // Written so that neither sum can lose precision: both may come from a 64-bit field.
    return offset >= 0 && length >= 0 && offset <= this.length && length <= this.length - offset
  }

  u8(offset: number): number {
    this.#check(offset, 1)
    return this.#data.getUint8(offset)
  }

  u16(offset: number): number {
    this.#check(offset, 2)
    return this.#data.getUint16(offset, this.#little)
  }

  u32(offset: number): number {
    this.#check(offset, 4)
    return this.#data.getUint32(offset, this.#little)
  }

  i32(offset: number): number {
    this.#check(offset, 4)
    return this.#data.getInt32(offset, this.#little)
  }

  u64(offset: number): bigint {
    this.#check(offset, 8)
    return this.#data.getBigUint64(offset, this.#little)
  }

  i64(offset: number): bigint {
    this.#check(offset, 8)
    return this.#data.getBigInt64(offset, this.#little)
  }

  /**
   * A 64-bit size or offset as a number. Beyond 2^53 it is rounded, which no file reaches: every
   * use is checked against the length.
   */
  size64(offset: number): number {
    return Number(this.u64(offset))
  }

  /** A part of the bytes, in the same byte order. */
  slice(offset: number, length: number): ByteView {
    this.#check(offset, length)
    const part = this.bytes.subarray(offset, offset + length)
    return new ByteView(part, this.endian, this.origin + offset)
  }

  /** Everything from `offset` on. */
  from(offset: number): ByteView {
    return this.slice(offset, this.length - offset)
  }

  /** Bytes as UTF-8; what is none becomes U+FFFD. */
  text(offset: number, length: number): string {
    this.#check(offset, length)
    return UTF8.decode(this.bytes.subarray(offset, offset + length))
  }

  /** Bytes one by one as characters U+0000 to U+00FF. */
  latin1(offset: number, length: number): string {
    this.#check(offset, length)
    let text = ''
    for (let at = offset; at < offset + length; at++) {
      text += String.fromCharCode(this.#data.getUint8(at))
    }
    return text
  }

  /**
   * A text of at most `lengthMax` bytes that ends at a zero byte or, as in fields of fixed size,
   * with the room for it.
   */
  cString(offset: number, lengthMax: number): string {
    if (!this.has(offset, 0)) this.#refuse(offset, 1)
    const limit = Math.min(this.length, offset + lengthMax)
    let end = offset
    while (end < limit && this.#data.getUint8(end) !== 0) end++
    return this.text(offset, end - offset)
  }

  /** Whether the bytes at `offset` are these; false where they do not reach. */
  startsWith(signature: Uint8Array | string, offset = 0): boolean {
    if (!this.has(offset, signature.length)) return false
    for (let index = 0; index < signature.length; index++) {
      const wanted = typeof signature === 'string' ? signature.charCodeAt(index) : signature[index]
      if (this.#data.getUint8(offset + index) !== wanted) return false
    }
    return true
  }

  #check(offset: number, length: number): void {
    if (!this.has(offset, length)) this.#refuse(offset, length)
  }

  #refuse(offset: number, length: number): never {
    const at = this.origin + offset
    const message = `${length} bytes at offset ${at} reach beyond the ${this.length} there are.`
    throw new AnalysisError('ERR_ANALYSIS_TRUNCATED', message, {
      details: { offset: at, length, available: this.length },
    })
  }
}
