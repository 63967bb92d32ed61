import type { Budget } from '../../bytes/budget.ts'
import { ByteView } from '../../bytes/view.ts'
import { damaged } from '../stop.ts'

/** A value of a marshalled table; bytes and texts are both texts. */
export type MarshalValue = null | boolean | number | string | MarshalValue[]

const DEPTH_MAX = 32
const FLAG_REFERENCE = 0x80

/**
 * Reads the part of Python's marshal format that tables are made of: lists, tuples, dictionaries
 * (as lists of pairs), texts, numbers of 32 bits and references to what was before. Code is
 * refused.
 *
 * @throws AnalysisError
 */
export function readMarshal(bytes: Uint8Array, budget: Budget): MarshalValue {
  return new MarshalReader(new ByteView(bytes), budget).value(0)
}

class MarshalReader {
  readonly #view: ByteView
  readonly #budget: Budget
  readonly #references: MarshalValue[] = []
  #at = 0

  constructor(view: ByteView, budget: Budget) {
    this.#view = view
    this.#budget = budget
  }

  value(depth: number): MarshalValue {
    const value = this.#valueOrEnd(depth)
    if (value === undefined) throw damaged('A marshalled value is missing.')
    return value
  }

  #valueOrEnd(depth: number): MarshalValue | undefined {
    this.#budget.spendSteps()
    if (depth > DEPTH_MAX) throw damaged('Marshalled values are nested absurdly.')
    const marker = this.#view.u8(this.#at++)
    const isKept = (marker & FLAG_REFERENCE) !== 0
    const place = isKept ? this.#references.push(null) - 1 : -1
    const value = this.#body(String.fromCharCode(marker & 0x7f), depth)
    if (isKept && value !== undefined) this.#references[place] = value
    return value
  }

  #body(kind: string, depth: number): MarshalValue | undefined {
    switch (kind) {
      case '0':
        return undefined
      case 'N':
        return null
      case 'T':
        return true
      case 'F':
        return false
      case 'i':
        return this.#u32() | 0
      case 'z':
      case 'Z':
        return this.#text(this.#view.u8(this.#at++))
      case 'a':
      case 'A':
      case 'u':
      case 't':
      case 's':
        return this.#text(this.#u32())
      case ')':
        return this.#list(this.#view.u8(this.#at++), depth)
      case '(':
      case '[':
        return this.#list(this.#u32(), depth)
      case '{':
        return this.#pairs(depth)
      case 'r':
        return this.#references[this.#u32()] ?? null
      default:
        throw damaged(`A marshalled value of kind ${JSON.stringify(kind)} is not expected.`)
    }
  }

  #list(count: number, depth: number): MarshalValue[] {
    const list: MarshalValue[] = []
    // Every value takes a byte: a count that lies ends where the bytes end.
    for (let index = 0; index < count; index++) list.push(this.value(depth + 1))
    return list
  }

  #pairs(depth: number): MarshalValue[] {
    const pairs: MarshalValue[] = []
    for (;;) {
      const key = this.#valueOrEnd(depth + 1)
      if (key === undefined) return pairs
      pairs.push([key, this.value(depth + 1)])
    }
  }

  #u32(): number {
    this.#at += 4
    return this.#view.u32(this.#at - 4)
  }

  #text(length: number): string {
    this.#at += length
    return this.#view.text(this.#at - length, length)
  }
}
