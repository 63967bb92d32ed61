/** Big-endian numbers and bytes, one after the other. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  bytes(value: Uint8Array): this {
    this.#parts.push(value)
    this.#length += value.length
    return this
  }

  ascii(value: string): this {
    return this.bytes(Buffer.from(value, 'latin1'))
  }

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value))
  }

  u16(value: number): this {
    const part = Buffer.alloc(2)
    part.writeUInt16BE(value)
    return this.bytes(part)
  }

  u32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeUInt32BE(value)
    return this.bytes(part)
  }

  u64(value: number | bigint): this {
    const part = Buffer.alloc(8)
    part.writeBigUInt64BE(BigInt(value))
    return this.bytes(part)
  }

  /** Zeros up to `length` bytes in all. */
  padTo(length: number): this {
    return length > this.#length ? this.bytes(new Uint8Array(length - this.#length)) : this
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#parts, this.#length)
  }
}
