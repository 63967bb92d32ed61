import { ByteText, bytesOf, hasOwnBytes } from './byte-text.ts'
import { GramCensus } from './gram-census.ts'
import { type HashEntry, HashRows, SPREAD } from './hash-rows.ts'
import type { Hits, Needle } from './hits.ts'

/**
 * How the searched text is read: every `step` bytes, `gramBytes` at once, a *gram*. A needle of
 * `step + gramBytes - 1` bytes has a whole gram at such a place wherever it stands; it is kept
 * under as many grams as there are distances to the next such place.
 */
interface Stride {
  readonly step: number
  readonly gramBytes: number
}

const WORDS: Stride = { step: 4, gramBytes: 4 }
const HALVES: Stride = { step: 2, gramBytes: 3 }

/** How this machine reads words of the searched text. */
const WORDS_ARE_LITTLE_ENDIAN = new Uint8Array(Int32Array.of(1).buffer)[0] === 1

/** Up to so many of the shortest needles are looked for one by one. */
const ONE_BY_ONE_MAX = 24

const encoded = new ByteText()

/**
 * Finds which of many needles stand anywhere in a text, in a pass or two over its bytes. Most
 * needles are long, and for those it looks at every fourth place only.
 */
export class InsideIndex {
  readonly #words: HashRows<CodedNeedle> | undefined
  readonly #halves: HashRows<CodedNeedle> | undefined
  /** Too short for a gram, by length; when there are few of them, they are among the others. */
  readonly #short: readonly ShortRows[]
  /** Looked for one by one: texts that have no bytes of their own, among others. */
  readonly #others: readonly Needle[]

  /** @param census What is common; by default, what is in these needles. */
  constructor(needles: readonly Needle[], census?: TextCensus) {
    const coded = needles
      .filter(({ text }) => hasOwnBytes(text))
      .map((needle): CodedNeedle => ({ ...needle, bytes: bytesOf(needle.text) }))
    const wide = coded.filter(({ bytes }) => bytes.length >= bytesMin(WORDS))
    const narrow = coded.filter(({ bytes }) => {
      return bytes.length >= bytesMin(HALVES) && bytes.length < bytesMin(WORDS)
    })
    const common = census ?? new TextCensus(needles.map(({ text }) => text))
    this.#words = wide.length === 0 ? undefined : rowsOf(wide, WORDS, common)
    this.#halves = narrow.length === 0 ? undefined : rowsOf(narrow, HALVES, common)
    const short = coded.filter(({ bytes }) => bytes.length < bytesMin(HALVES))
    const odd = needles.filter(({ text }) => !hasOwnBytes(text))
    const isMany = short.length > ONE_BY_ONE_MAX
    this.#short = isMany ? shortRowsOf(short) : []
    this.#others = isMany ? odd : [...odd, ...short]
  }

  /** Adds the needles that stand in the text. */
  search(text: string, hits: Hits): void {
    for (const { text: needle, id } of this.#others) if (text.includes(needle)) hits.add(id)
    const words = this.#words
    const halves = this.#halves
    if (words === undefined && halves === undefined && this.#short.length === 0) return
    encoded.turnTo(text)
    if (words !== undefined) searchWords(words, hits)
    if (halves !== undefined) searchHalves(halves, hits)
    for (const short of this.#short) searchShort(short, hits)
  }
}

interface CodedNeedle extends Needle {
  readonly bytes: Uint8Array
}

function bytesMin({ step, gramBytes }: Stride): number {
  return step + gramBytes - 1
}

function searchWords(rows: HashRows<CodedNeedle>, hits: Hits): void {
  const { filter, filterShift } = rows
  const { words, length } = encoded
  const count = length >>> 2
  for (let index = 0; index < count; index += 1) {
    const gram = words[index] ?? 0
    if (filter[Math.imul(gram, SPREAD) >>> filterShift] === 0) continue
    addFound(rows, { gram, at: index * 4 }, hits)
  }
}

function searchHalves(rows: HashRows<CodedNeedle>, hits: Hits): void {
  const { filter, filterShift } = rows
  const { bytes, length } = encoded
  const last = length - HALVES.gramBytes
  let first = bytes[0] ?? 0
  for (let at = 0; at <= last; at += 2) {
    const third = bytes[at + 2] ?? 0
    const gram = first | ((bytes[at + 1] ?? 0) << 8) | (third << 16)
    first = third
    if (filter[Math.imul(gram, SPREAD) >>> filterShift] === 0) continue
    addFound(rows, { gram, at }, hits)
  }
}

interface ShortRows {
  readonly bytesLength: number
  readonly rows: HashRows<CodedNeedle>
}

function shortRowsOf(needles: readonly CodedNeedle[]): readonly ShortRows[] {
  return [...Map.groupBy(needles, ({ bytes }) => bytes.length)].map(([bytesLength, group]) => {
    const entries = group.map((needle) => ({ hash: gramOf(needle.bytes), needle, offset: 0 }))
    return { bytesLength, rows: new HashRows(entries) }
  })
}

function searchShort({ bytesLength, rows }: ShortRows, hits: Hits): void {
  const { filter, filterShift } = rows
  const { bytes, length } = encoded
  const mask = 2 ** (8 * bytesLength) - 1
  let gram = 0
  for (let at = length - 1; at >= 0; at -= 1) {
    gram = ((gram << 8) | (bytes[at] ?? 0)) & mask
    if (filter[Math.imul(gram, SPREAD) >>> filterShift] === 0) continue
    addFound(rows, { gram, at }, hits)
  }
}

function gramOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte, index) => sum | (byte << (8 * index)), 0)
}

interface Found {
  readonly gram: number
  /** Where the gram's first byte stands. */
  readonly at: number
}

function addFound(rows: HashRows<CodedNeedle>, { gram, at }: Found, hits: Hits): void {
  const place = rows.find(gram)
  if (place < 0) return
  const end = rows.end(place)
  for (let index = rows.start(place); index < end; index += 1) {
    const needle = rows.needles[index]
    const start = at - (rows.offsets[index] ?? 0)
    if (needle !== undefined && isAt(needle.bytes, start)) hits.add(needle.id)
  }
}

function isAt(needle: Uint8Array, start: number): boolean {
  const { bytes, length } = encoded
  if (start < 0 || start + needle.length > length) return false
  for (let index = 0; index < needle.length; index += 1) {
    if (needle[index] !== bytes[start + index]) return false
  }
  return true
}

function rowsOf(
  needles: readonly CodedNeedle[],
  { step, gramBytes }: Stride,
  census: TextCensus,
): HashRows<CodedNeedle> {
  const counts = gramBytes === WORDS.gramBytes ? census.words : census.halves
  const entries: HashEntry<CodedNeedle>[] = []
  for (const needle of needles) {
    const grams = gramsOf(needle.bytes, gramBytes)
    const from = rarest(grams, { step, counts })
    for (let offset = from; offset < from + step; offset += 1) {
      entries.push({ hash: grams[offset] ?? 0, needle, offset })
    }
  }
  return new HashRows(entries)
}

/** What is common in the texts of rules, for both ways to read a text. */
export class TextCensus {
  readonly words: GramCensus
  readonly halves: GramCensus

  /** @param texts Texts that rules look for, folded. */
  constructor(texts: readonly string[]) {
    this.words = new GramCensus(texts.length)
    this.halves = new GramCensus(texts.length)
    for (const text of texts) {
      const bytes = bytesOf(text)
      if (bytes.length >= WORDS.gramBytes) this.words.add(gramsOf(bytes, WORDS.gramBytes))
      if (bytes.length >= HALVES.gramBytes) this.halves.add(gramsOf(bytes, HALVES.gramBytes))
    }
  }
}

function gramsOf(bytes: Uint8Array, gramBytes: number): Int32Array {
  const isLittleEndian = gramBytes !== WORDS.gramBytes || WORDS_ARE_LITTLE_ENDIAN
  const grams = new Int32Array(bytes.length - gramBytes + 1)
  for (let at = 0; at < grams.length; at += 1) {
    let gram = 0
    for (let index = 0; index < gramBytes; index += 1) {
      const place = isLittleEndian ? index : gramBytes - 1 - index
      gram |= (bytes[at + index] ?? 0) << (8 * place)
    }
    grams[at] = gram
  }
  return grams
}

interface Choice {
  readonly step: number
  readonly counts: GramCensus
}

/**
 * Where to take as many neighbouring grams as there are places to step over: where they are rarest.
 */
function rarest(grams: Int32Array, { step, counts }: Choice): number {
  let best = 0
  let countMin = Number.POSITIVE_INFINITY
  for (let from = 0; from + step <= grams.length; from += 1) {
    let count = 0
    for (let at = from; at < from + step; at += 1) count += counts.countOf(grams[at] ?? 0)
    if (count >= countMin) continue
    countMin = count
    best = from
  }
  return best
}
