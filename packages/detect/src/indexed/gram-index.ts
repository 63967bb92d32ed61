/**
 * Grams are four neighbouring characters, the low byte of each in one number. Characters beyond
 * Latin-1 share grams with others, which costs a comparison and never a match.
 */
const GRAM_CHARS = 4
const HASH = 0x9e3779b1
/** Size of a filter for every gram indexed, at least; small filters stay in the fastest memory. */
const FILTER_LOAD = 16
const SHORT_ONE_BY_ONE_MAX = 16
const FILTER_BITS = { min: 8, max: 16 }

/** Numbers of needles found, each once. */
export class Hits {
  readonly ids: Int32Array
  count = 0
  readonly #stamps: Int32Array
  #stamp = 0

  /** @param size Needles have numbers from 0 up to, not including, this. */
  constructor(size: number) {
    this.ids = new Int32Array(size)
    this.#stamps = new Int32Array(size)
  }

  /** Forgets all. */
  clear(): void {
    this.count = 0
    this.#stamp = (this.#stamp + 1) | 0
    if (this.#stamp === 0) this.#stamps.fill(-1)
  }

  /** Adds a needle, unless it is there already. */
  add(id: number): void {
    if (this.#stamps[id] === this.#stamp) return
    this.#stamps[id] = this.#stamp
    this.ids[this.count] = id
    this.count += 1
  }
}

/** A text to look for, and the number it is reported by. */
export interface Needle {
  readonly text: string
  readonly id: number
}

/** Where a text has to be in the one searched. */
export type Place = 'whole' | 'prefix' | 'suffix' | 'inside'

/** Needles by one of their grams: open addressing, needles of one gram in a row. */
class GramTable {
  /** By the highest bits of a gram's hash: 0 when no needle has such a gram. */
  readonly filter: Uint8Array
  readonly filterShift: number
  readonly #mask: number
  readonly #grams: Int32Array
  /** Where the row begins, plus one; 0 is a free place. */
  readonly #rows: Int32Array
  readonly #ends: Int32Array
  readonly rowNeedles: string[] = []
  readonly rowOffsets: number[] = []
  readonly rowIds: number[] = []

  constructor(entries: readonly GramEntry[]) {
    const byGram = Map.groupBy(entries, ({ gram }) => gram)
    const bits = Math.ceil(Math.log2(byGram.size * FILTER_LOAD + 1))
    const filterBits = Math.min(FILTER_BITS.max, Math.max(FILTER_BITS.min, bits))
    this.filter = new Uint8Array(2 ** filterBits)
    this.filterShift = 32 - filterBits
    let size = 8
    while (size < byGram.size * 3) size *= 2
    this.#mask = size - 1
    this.#grams = new Int32Array(size)
    this.#rows = new Int32Array(size)
    this.#ends = new Int32Array(size)
    for (const [gram, row] of byGram) this.#insert(gram, row)
  }

  #insert(gram: number, row: readonly GramEntry[]): void {
    const hash = Math.imul(gram, HASH)
    this.filter[hash >>> this.filterShift] = 1
    let place = hash & this.#mask
    while (this.#rows[place] !== 0) place = (place + 1) & this.#mask
    this.#grams[place] = gram
    this.#rows[place] = this.rowIds.length + 1
    for (const { needle, offset } of row) {
      this.rowNeedles.push(needle.text)
      this.rowOffsets.push(offset)
      this.rowIds.push(needle.id)
    }
    this.#ends[place] = this.rowIds.length
  }

  /** The place of a gram, or -1. */
  find(gram: number): number {
    let place = Math.imul(gram, HASH) & this.#mask
    for (;;) {
      if (this.#rows[place] === 0) return -1
      if (this.#grams[place] === gram) return place
      place = (place + 1) & this.#mask
    }
  }

  rowStart(place: number): number {
    return (this.#rows[place] ?? 0) - 1
  }

  rowEnd(place: number): number {
    return this.#ends[place] ?? 0
  }
}

interface GramEntry {
  readonly gram: number
  readonly needle: Needle
  /** Index of the gram's first character in the needle. */
  readonly offset: number
}

function gramAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 0xff) |
    ((text.charCodeAt(at + 1) & 0xff) << 8) |
    ((text.charCodeAt(at + 2) & 0xff) << 16) |
    (text.charCodeAt(at + 3) << 24)
  )
}

/** Needles shorter than a gram, looked up by text. */
class ShortNeedles {
  readonly #ids = new Map<string, number>()
  readonly #lengths: readonly number[]

  constructor(needles: readonly Needle[]) {
    for (const { text, id } of needles) this.#ids.set(text, id)
    this.#lengths = [...new Set(needles.map(({ text }) => text.length))]
  }

  /** Adds the needles that are the part of the text that the place says. */
  search(text: string, place: Exclude<Place, 'inside'>, hits: Hits): void {
    for (const length of this.#lengths) {
      if (place === 'whole' ? text.length !== length : text.length < length) continue
      const from = place === 'suffix' ? text.length - length : 0
      this.#add(text.slice(from, from + length), hits)
    }
  }

  /** Adds the needles that stand anywhere in the text. */
  searchInside(text: string, hits: Hits): void {
    if (this.#ids.size <= SHORT_ONE_BY_ONE_MAX) {
      for (const [needle, id] of this.#ids) if (text.includes(needle)) hits.add(id)
      return
    }
    for (const length of this.#lengths) {
      for (let at = 0; at + length <= text.length; at += 1) {
        this.#add(text.slice(at, at + length), hits)
      }
    }
  }

  #add(text: string, hits: Hits): void {
    const id = this.#ids.get(text)
    if (id !== undefined) hits.add(id)
  }
}

/** Finds which of many needles stand anywhere in a text, in one pass over it. */
export class InsideIndex {
  readonly #table: GramTable
  readonly #short: ShortNeedles

  constructor(needles: readonly Needle[]) {
    const long = needles.filter(({ text }) => text.length >= GRAM_CHARS)
    this.#short = new ShortNeedles(needles.filter(({ text }) => text.length < GRAM_CHARS))
    const counts = new Map<number, number>()
    for (const { text } of long) {
      for (let at = 0; at + GRAM_CHARS <= text.length; at += 1) {
        const gram = gramAt(text, at)
        counts.set(gram, (counts.get(gram) ?? 0) + 1)
      }
    }
    this.#table = new GramTable(long.map((needle) => rarestGram(needle, counts)))
  }

  /** Adds the needles that stand in the text. */
  search(text: string, hits: Hits): void {
    this.#short.searchInside(text, hits)
    const { filter, filterShift } = this.#table
    const { length } = text
    let gram = 0
    for (let at = 0; at < length; at += 1) {
      gram = (gram >>> 8) | (text.charCodeAt(at) << 24)
      if (filter[Math.imul(gram, HASH) >>> filterShift] === 0) continue
      if (at >= GRAM_CHARS - 1) this.#verify(text, at - (GRAM_CHARS - 1), hits)
    }
  }

  #verify(text: string, at: number, hits: Hits): void {
    const table = this.#table
    const place = table.find(gramAt(text, at))
    if (place < 0) return
    const end = table.rowEnd(place)
    for (let index = table.rowStart(place); index < end; index += 1) {
      const start = at - (table.rowOffsets[index] ?? 0)
      const needle = table.rowNeedles[index] ?? ''
      if (start >= 0 && text.startsWith(needle, start)) hits.add(table.rowIds[index] ?? 0)
    }
  }
}

// Grams that many needles share are those that events share, too.
function rarestGram(needle: Needle, counts: ReadonlyMap<number, number>): GramEntry {
  const { text } = needle
  let best: GramEntry = { gram: gramAt(text, 0), needle, offset: 0 }
  for (let offset = 1; offset + GRAM_CHARS <= text.length; offset += 1) {
    const gram = gramAt(text, offset)
    if ((counts.get(gram) ?? 0) < (counts.get(best.gram) ?? 0)) best = { gram, needle, offset }
  }
  return best
}

/** Finds which of many needles a text begins with, ends with, or is. */
export class AnchoredIndex {
  readonly #place: Exclude<Place, 'inside'>
  readonly #table: GramTable
  readonly #short: ShortNeedles

  constructor(place: Exclude<Place, 'inside'>, needles: readonly Needle[]) {
    this.#place = place
    this.#short = new ShortNeedles(needles.filter(({ text }) => text.length < GRAM_CHARS))
    const long = needles.filter(({ text }) => text.length >= GRAM_CHARS)
    this.#table = new GramTable(
      long.map((needle) => {
        const offset = place === 'prefix' ? 0 : needle.text.length - GRAM_CHARS
        return { gram: gramAt(needle.text, offset), needle, offset }
      }),
    )
  }

  /** Adds the needles that stand in this place of the text. */
  search(text: string, hits: Hits): void {
    this.#short.search(text, this.#place, hits)
    if (text.length < GRAM_CHARS) return
    const gram = gramAt(text, this.#place === 'prefix' ? 0 : text.length - GRAM_CHARS)
    const table = this.#table
    if (table.filter[Math.imul(gram, HASH) >>> table.filterShift] === 0) return
    const place = table.find(gram)
    if (place < 0) return
    const end = table.rowEnd(place)
    for (let index = table.rowStart(place); index < end; index += 1) {
      if (this.#isAt(text, table.rowNeedles[index] ?? '')) hits.add(table.rowIds[index] ?? 0)
    }
  }

  // oxlint-disable-next-line max-params -- two texts in the order of the question
  #isAt(text: string, needle: string): boolean {
    if (this.#place === 'suffix') return text.endsWith(needle)
    return this.#place === 'prefix' ? text.startsWith(needle) : text === needle
  }
}
