import { AnalysisError } from '../errors.ts'
import type { ByteView } from './view.ts'

/** A number of variable length and the offset of the byte after it. */
export interface Leb128 {
  readonly value: bigint
  readonly end: number
}

/** Bytes a number of 64 bits takes at most, seven bits in each. */
const BYTES_MAX = 10

function read(view: ByteView, offset: number): Leb128 & { readonly last: number } {
  let value = 0n
  for (let index = 0; index < BYTES_MAX; index++) {
    const byte = view.u8(offset + index)
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) return { value, end: offset + index + 1, last: byte }
  }
  const message = `The number at offset ${view.origin + offset} is longer than 64 bits.`
  throw new AnalysisError('ERR_ANALYSIS_MALFORMED', message)
}

/**
 * Reads an unsigned LEB128 number of at most 64 bits.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED, or ERR_ANALYSIS_MALFORMED when it is longer.
 * @see    DWARF 5, section 7.6.
 */
export function readUleb128(view: ByteView, offset: number): Leb128 {
  const { value, end } = read(view, offset)
  return { value: BigInt.asUintN(64, value), end }
}

/** Reads a signed LEB128 number; otherwise as {@link readUleb128}. */
export function readSleb128(view: ByteView, offset: number): Leb128 {
  const { value, end, last } = read(view, offset)
  const isNegative = (last & 0x40) !== 0
  const signed = isNegative ? value - (1n << BigInt(7 * (end - offset))) : value
  return { value: BigInt.asIntN(64, signed), end }
}
