import type { Budget } from '../bytes/budget.ts'
import { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'
import type { PlistValue } from './value.ts'

const MAGIC = 'bplist0'
const TRAILER_BYTES = 32
const DEPTH_MAX = 128
/** Milliseconds from 1970 to 2001, from where binary dates count seconds. */
const APPLE_EPOCH_MS = 978_307_200_000
const MS_PER_S = 1_000

/** Whether a binary property list begins here. */
export function isBinaryPlist(bytes: Uint8Array): boolean {
  return new ByteView(bytes).startsWith(MAGIC)
}

/**
 * Reads a binary property list, big-endian.
 *
 * ```
 * "bplist00", objects, offsets, trailer (32): 6 unused, offset bytes (1), reference bytes (1),
 * objects (8), top object (8), offset of the offsets (8)
 * object   marker: kind (4 bits), length (4 bits; 15 = an integer object follows)
 * ```
 *
 * An object that is used many times is read as often: the budget's steps bound it.
 *
 * @throws AnalysisError
 * @see CoreFoundation, CFBinaryPList.c
 */
export function readBinaryPlist(bytes: Uint8Array, budget: Budget): PlistValue {
  const view = new ByteView(bytes, 'big')
  if (!isBinaryPlist(bytes)) throw malformed('has no magic')
  const trailer = view.slice(Math.max(0, view.length - TRAILER_BYTES), TRAILER_BYTES)
  const table = {
    offsetBytes: trailer.u8(6),
    referenceBytes: trailer.u8(7),
    objects: trailer.size64(8),
    at: trailer.size64(24),
  }
  return new BinaryReader(view, table, budget).object(trailer.size64(16), 0)
}

interface Table {
  readonly offsetBytes: number
  readonly referenceBytes: number
  readonly objects: number
  readonly at: number
}

class BinaryReader {
  readonly #view: ByteView
  readonly #table: Table
  readonly #budget: Budget

  constructor(view: ByteView, table: Table, budget: Budget) {
    this.#view = view
    this.#table = table
    this.#budget = budget
  }

  object(index: number, depth: number): PlistValue {
    this.#budget.spendSteps()
    if (depth > DEPTH_MAX) throw malformed('is nested absurdly')
    if (index >= this.#table.objects) throw malformed(`has no object ${index}`)
    const { offsetBytes, at } = this.#table
    return this.#at(this.#number(at + index * offsetBytes, offsetBytes), depth)
  }

  #at(at: number, depth: number): PlistValue {
    const marker = this.#view.u8(at)
    const [kind, low] = [marker >>> 4, marker & 15]
    if (kind === 0) return marker === 9
    if (kind === 1) return this.#integer(at + 1, 1 << low)
    if (kind === 2) return low === 2 ? this.#float(at + 1) : this.#double(at + 1)
    if (kind === 3) return { atMs: APPLE_EPOCH_MS + this.#double(at + 1) * MS_PER_S }
    if (kind === 8) return { uid: this.#number(at + 1, low + 1) }
    const { length, from } = this.#length(low, at + 1)
    switch (kind) {
      case 4:
        return this.#view.slice(from, length).bytes
      case 5:
        return this.#view.latin1(from, length)
      case 6:
        return Buffer.from(this.#view.slice(from, length * 2).bytes)
          .swap16()
          .toString('utf16le')
      case 10:
      case 11:
      case 12:
        return Array.from({ length: this.#checked(length, from) }, (_, item) =>
          this.object(this.#reference(from, item), depth + 1),
        )
      case 13:
        return this.#dictionary(from, this.#checked(length * 2, from) / 2, depth)
      default:
        throw malformed(`has an object of kind ${kind}`)
    }
  }

  #dictionary(from: number, length: number, depth: number): PlistValue {
    const map = new Map<string, PlistValue>()
    for (let item = 0; item < length; item++) {
      const key = this.object(this.#reference(from, item), depth + 1)
      const value = this.object(this.#reference(from, length + item), depth + 1)
      map.set(typeof key === 'string' ? key : '', value)
    }
    return map
  }

  /** A count of references, all of which must be there before anything is made for them. */
  #checked(count: number, from: number): number {
    this.#view.slice(from, count * this.#table.referenceBytes)
    return count
  }

  #length(low: number, at: number): { length: number; from: number } {
    if (low !== 15) return { length: low, from: at }
    const marker = this.#view.u8(at)
    if (marker >>> 4 !== 1) throw malformed('has a length that is none')
    const bytes = 1 << (marker & 15)
    return { length: this.#number(at + 1, bytes), from: at + 1 + bytes }
  }

  #reference(from: number, item: number): number {
    const { referenceBytes } = this.#table
    return this.#number(from + item * referenceBytes, referenceBytes)
  }

  #number(at: number, bytes: number): number {
    let value = 0
    for (let index = 0; index < bytes; index++) value = value * 256 + this.#view.u8(at + index)
    return value
  }

  #integer(at: number, bytes: number): bigint | number {
    if (bytes > 16) throw malformed('has an absurd integer')
    if (bytes < 8) return this.#number(at, bytes)
    const value = this.#view.i64(at + bytes - 8)
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  #float(at: number): number {
    return Buffer.from(this.#view.slice(at, 4).bytes).readFloatBE(0)
  }

  #double(at: number): number {
    return Buffer.from(this.#view.slice(at, 8).bytes).readDoubleBE(0)
  }
}

function malformed(what: string): AnalysisError {
  return new AnalysisError('ERR_ANALYSIS_MALFORMED', `The property list ${what}.`)
}
