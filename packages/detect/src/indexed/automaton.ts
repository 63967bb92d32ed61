import { ByteText, bytesOf, hasOwnBytes } from './byte-text.ts'
import type { Hits, Needle } from './hits.ts'

/** Bytes that stand in no needle share a column. */
const OTHER_BYTES = 0

const LETTER_A = 0x41
const LETTER_Z = 0x5a
const TO_LOWER = 0x20

const encoded = new ByteText()

/** A text of ASCII, the first `length` of these bytes. */
export interface AsciiBytes {
  readonly bytes: Uint8Array
  readonly length: number
}

/**
 * Finds which of many needles stand anywhere in a text, in one pass over its bytes: one step of a
 * table for each, whatever the number of needles. The table has a row for every beginning of a
 * needle and a column for every byte that needles have.
 *
 * @see Aho and Corasick, "Efficient string matching", Communications of the ACM 18 (1975).
 */
export class Automaton {
  readonly #columns = new Uint8Array(256)
  readonly #width: number
  /** Where to go on, by row and column: the beginning of a row, or `~` of it where needles end. */
  readonly #next: Int32Array
  /** Needles that end in a row, by its number. */
  readonly #ends: readonly (Int32Array | undefined)[]
  /** Needles that bytes cannot tell from others, looked for one by one. */
  readonly #odd: readonly Needle[]

  /** @param needles Folded. */
  constructor(needles: readonly Needle[]) {
    this.#odd = needles.filter(({ text }) => !hasOwnBytes(text))
    const coded = codedOf(needles)
    this.#width = widthOf(coded, this.#columns)
    for (let byte = LETTER_A; byte <= LETTER_Z; byte += 1) {
      this.#columns[byte] = this.#columns[byte + TO_LOWER] ?? OTHER_BYTES
    }
    const trie = new Trie(coded, { width: this.#width, columns: this.#columns })
    const { next, ends } = trie.tables(trie.link())
    this.#next = next
    this.#ends = ends
  }

  /** Adds the needles that stand in the text. */
  search(text: string, hits: Hits): void {
    for (const { text: needle, id } of this.#odd) if (text.includes(needle)) hits.add(id)
    encoded.turnTo(text)
    this.searchBytes(encoded, hits)
  }

  /** The same for a text of ASCII in any case. */
  searchBytes({ bytes, length }: AsciiBytes, hits: Hits): void {
    const columns = this.#columns
    const next = this.#next
    let row = 0
    for (let at = 0; at < length; at += 1) {
      row = next[row + (columns[bytes[at] ?? 0] ?? 0)] ?? 0
      if (row >= 0) continue
      row = ~row
      for (const id of this.#ends[row / this.#width] ?? []) hits.add(id)
    }
  }
}

interface CodedNeedle {
  readonly bytes: Uint8Array
  readonly id: number
}

function codedOf(needles: readonly Needle[]): readonly CodedNeedle[] {
  return needles
    .filter(({ text }) => hasOwnBytes(text))
    .map(({ text, id }) => ({ bytes: bytesOf(text), id }))
}

/** Gives every byte of the needles its column; the rest has the first. */
function widthOf(needles: readonly CodedNeedle[], columns: Uint8Array): number {
  let width = 1
  for (const { bytes } of needles) {
    for (const byte of bytes) {
      if (columns[byte] !== OTHER_BYTES) continue
      columns[byte] = width
      width += 1
    }
  }
  return width
}

function rowsMaxOf(needles: readonly CodedNeedle[]): number {
  return needles.reduce((sum, { bytes }) => sum + bytes.length, 1)
}

/** Cells that the table for these needles has, at most. */
export function cellsOf(needles: readonly Needle[]): number {
  const coded = codedOf(needles)
  return rowsMaxOf(coded) * widthOf(coded, new Uint8Array(256))
}

interface Tables {
  readonly next: Int32Array
  readonly ends: readonly (Int32Array | undefined)[]
}

interface TrieOptions {
  readonly width: number
  readonly columns: Uint8Array
}

/** The beginnings of needles, each a row with the longer ones by column; 0 is none. */
class Trie {
  readonly #width: number
  readonly #cells: Int32Array
  readonly #ids: (number[] | undefined)[] = [undefined]
  #rows = 1

  constructor(needles: readonly CodedNeedle[], { width, columns }: TrieOptions) {
    this.#width = width
    this.#cells = new Int32Array(rowsMaxOf(needles) * width)
    for (const { bytes, id } of needles) {
      let row = 0
      for (const byte of bytes) row = this.#longer(row * width + (columns[byte] ?? OTHER_BYTES))
      this.#ids[row] = [...(this.#ids[row] ?? []), id]
    }
  }

  #longer(cell: number): number {
    const known = this.#cells[cell] ?? 0
    if (known !== 0) return known
    const row = this.#rows
    this.#rows += 1
    this.#cells[cell] = row
    return row
  }

  /**
   * Fills in where a text that leaves a needle goes on: at its longest end that begins another.
   *
   * @returns The rows, short beginnings first: those are where texts mostly are, and so they stand
   *          close together in memory.
   */
  link(): Int32Array {
    const fallbacks = new Int32Array(this.#rows)
    const queue = new Int32Array(this.#rows)
    let queued = 1
    for (let column = 0; column < this.#width; column += 1) {
      const row = this.#cells[column] ?? 0
      if (row !== 0) queue[queued++] = row
    }
    for (let at = 1; at < queued; at += 1) {
      const row = queue[at] ?? 0
      const fallback = fallbacks[row] ?? 0
      const ended = this.#ids[fallback]
      if (ended !== undefined) this.#ids[row] = [...(this.#ids[row] ?? []), ...ended]
      for (let column = 0; column < this.#width; column += 1) {
        const next = this.#cells[row * this.#width + column] ?? 0
        const otherwise = this.#cells[fallback * this.#width + column] ?? 0
        if (next === 0) this.#cells[row * this.#width + column] = otherwise
        else {
          fallbacks[next] = otherwise
          queue[queued++] = next
        }
      }
    }
    return queue
  }

  /** What it is searched with: where to go on, and the needles that end in each row. */
  tables(order: Int32Array): Tables {
    const width = this.#width
    const places = new Int32Array(order.length)
    for (const [place, row] of order.entries()) places[row] = place
    const next = new Int32Array(order.length * width)
    for (const [place, row] of order.entries()) {
      for (let column = 0; column < width; column += 1) {
        const target = this.#cells[row * width + column] ?? 0
        const begins = (places[target] ?? 0) * width
        next[place * width + column] = this.#ids[target] === undefined ? begins : ~begins
      }
    }
    const ends = Array.from(order, (row) => {
      const ids = this.#ids[row]
      return ids && Int32Array.from(ids)
    })
    return { next, ends }
  }
}
