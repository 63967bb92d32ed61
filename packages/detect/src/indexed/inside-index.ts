import { type HashEntry, HashRows, SPREAD } from './hash-rows.ts'
import type { Hits, Needle } from './hits.ts'

/**
 * A gram is four neighbouring characters, the low byte of each in one number. Characters beyond
 * Latin-1 share grams with others, which costs a comparison and never a match.
 */
const GRAM_CHARS = 4
const BYTE_BITS = 8

/** Finds which of many needles stand anywhere in a text, in one pass over it. */
export class InsideIndex {
  readonly #rows: HashRows
  readonly #short: readonly ShortIndex[]

  constructor(needles: readonly Needle[]) {
    const byLength = Map.groupBy(needles, ({ text }) => Math.min(text.length, GRAM_CHARS))
    const long = byLength.get(GRAM_CHARS) ?? []
    byLength.delete(GRAM_CHARS)
    this.#short = [...byLength].map(([length, group]) => new ShortIndex(length, group))
    const counts = new Map<number, number>()
    for (const { text } of long) {
      for (let at = 0; at + GRAM_CHARS <= text.length; at += 1) {
        const gram = gramAt(text, at)
        counts.set(gram, (counts.get(gram) ?? 0) + 1)
      }
    }
    this.#rows = new HashRows(long.map((needle) => rarestGram(needle, counts)))
  }

  /** Adds the needles that stand in the text. */
  search(text: string, hits: Hits): void {
    for (const index of this.#short) index.search(text, hits)
    const { filter, filterShift } = this.#rows
    const { length } = text
    let gram = 0
    for (let at = 0; at < length; at += 1) {
      gram = (gram >>> BYTE_BITS) | (text.charCodeAt(at) << (3 * BYTE_BITS))
      if (filter[Math.imul(gram, SPREAD) >>> filterShift] === 0) continue
      if (at >= GRAM_CHARS - 1) this.#verify(text, at - (GRAM_CHARS - 1), hits)
    }
  }

  #verify(text: string, at: number, hits: Hits): void {
    const rows = this.#rows
    const place = rows.find(gramAt(text, at))
    if (place < 0) return
    const end = rows.end(place)
    for (let index = rows.start(place); index < end; index += 1) {
      const start = at - (rows.offsets[index] ?? 0)
      if (start >= 0 && text.startsWith(rows.texts[index] ?? '', start)) {
        hits.add(rows.ids[index] ?? 0)
      }
    }
  }
}

function gramAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 0xff) |
    ((text.charCodeAt(at + 1) & 0xff) << BYTE_BITS) |
    ((text.charCodeAt(at + 2) & 0xff) << (2 * BYTE_BITS)) |
    (text.charCodeAt(at + 3) << (3 * BYTE_BITS))
  )
}

// Grams that many needles share are those that events share, too.
function rarestGram(needle: Needle, counts: ReadonlyMap<number, number>): HashEntry {
  const { text } = needle
  let best: HashEntry = { hash: gramAt(text, 0), needle, offset: 0 }
  for (let offset = 1; offset + GRAM_CHARS <= text.length; offset += 1) {
    const hash = gramAt(text, offset)
    if ((counts.get(hash) ?? 0) < (counts.get(best.hash) ?? 0)) best = { hash, needle, offset }
  }
  return best
}

/** Needles of one length below that of a gram. */
class ShortIndex {
  readonly #rows: HashRows
  readonly #length: number

  constructor(length: number, needles: readonly Needle[]) {
    this.#length = length
    this.#rows = new HashRows(
      needles.map((needle) => ({ hash: shortHash(needle.text, length), needle, offset: 0 })),
    )
  }

  search(text: string, hits: Hits): void {
    const rows = this.#rows
    const { filter, filterShift } = rows
    const unused = (GRAM_CHARS - this.#length) * BYTE_BITS
    let gram = 0
    for (let at = 0; at < text.length; at += 1) {
      gram = (gram >>> BYTE_BITS) | (text.charCodeAt(at) << (3 * BYTE_BITS))
      const hash = gram >>> unused
      if (filter[Math.imul(hash, SPREAD) >>> filterShift] === 0) continue
      const place = rows.find(hash | 0)
      if (place < 0) continue
      const start = at - this.#length + 1
      const end = rows.end(place)
      for (let index = rows.start(place); index < end; index += 1) {
        if (text.startsWith(rows.texts[index] ?? '', start)) hits.add(rows.ids[index] ?? 0)
      }
    }
  }
}

function shortHash(text: string, length: number): number {
  let gram = 0
  for (let at = 0; at < length; at += 1) {
    gram = (gram >>> BYTE_BITS) | (text.charCodeAt(at) << (3 * BYTE_BITS))
  }
  return (gram >>> ((GRAM_CHARS - length) * BYTE_BITS)) | 0
}
