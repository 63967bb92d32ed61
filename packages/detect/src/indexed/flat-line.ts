/**
 * What of JSON is read here, a byte at a time; anything else is left to `JSON.parse`:
 *
 *   line   = "{" member *( "," member ) "}"
 *   member = key ":" value                      spaces may follow "," and ":"
 *   key    = quoted ASCII without escapes, without a space, each once
 *   value  = quoted ASCII, escapes of one letter / integer of 15 digits / true / false / null
 */

const BACKSLASH = 0x5c
const BRACE_CLOSE = 0x7d
const BRACE_OPEN = 0x7b
const COLON = 0x3a
const COMMA = 0x2c
const DELETE = 0x7f
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const LETTER_N = 0x6e
const MINUS = 0x2d
const QUOTE = 0x22
const SPACE = 0x20

/** Bytes that stand for themselves in a quoted text. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => {
  return Number(byte >= SPACE && byte <= DELETE && byte !== QUOTE && byte !== BACKSLASH)
})

/** By the letter of an escape, the byte it means; 0 is none of these. */
const ESCAPED = new Uint8Array(256)
for (const [letter, byte] of Object.entries({
  '"': QUOTE,
  '\\': BACKSLASH,
  '/': 0x2f,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
})) {
  ESCAPED[letter.charCodeAt(0)] = byte
}

/** @see FNV-1a. */
const FNV = { basis: 0x811c9dc5, prime: 0x01000193 }

const LINE_BYTES_MAX = 64 * 1_024
const FIELDS_MAX = 256
const KEYS_MAX = 4_096
const DIGITS_MAX = 15
/** Shorter texts are put together faster than they are decoded. */
const SHORT = 12
const NO_KEY = -1

/** The kind of a value that is a text. */
export const TEXT = 0
/** The kind of a value that is a whole number. */
export const NUMBER = 1
/** The kind of the value `true`. */
export const TRUE = 2
/** The kind of the value `false`. */
export const FALSE = 3
/** The kind of the value `null`. */
export const NULL = 4

const WORDS = [
  { kind: TRUE, text: 'true' },
  { kind: FALSE, text: 'false' },
  { kind: NULL, text: 'null' },
].map(({ kind, text }) => ({ kind, bytes: new TextEncoder().encode(text) }))

const decoder = new TextDecoder()

/** Where an event stands as JSON, in UTF-8. */
export interface JsonLine {
  readonly bytes: Uint8Array
  /** Index of its first byte, and after its last. */
  readonly from: number
  readonly to: number
}

/**
 * One JSON object on a line, read without making anything of it: which keys it has, and where
 * their values stand as text. Mutable and reused from line to line.
 */
export class FlatLine {
  /** All values but `null` as text, unescaped, a NUL after each. */
  readonly bytes = new Uint8Array(LINE_BYTES_MAX + 2 * FIELDS_MAX)
  /** Bytes used of `bytes`. */
  length = 0
  /** Fields of the line; those below are by field. */
  count = 0
  readonly keys = new Int32Array(FIELDS_MAX)
  readonly kinds = new Uint8Array(FIELDS_MAX)
  readonly starts = new Int32Array(FIELDS_MAX)
  readonly ends = new Int32Array(FIELDS_MAX)
  readonly hashes = new Int32Array(FIELDS_MAX)
  readonly numbers = new Float64Array(FIELDS_MAX)
  /** Names of keys, by number. */
  readonly names: string[] = []
  readonly #keyBytes: Uint8Array[] = []
  readonly #keyNumbers = new Map<string, number>()
  /** By key, the line it was last seen in, and the key that came after it there. */
  readonly #seen: number[] = []
  readonly #following: number[] = []
  #first = NO_KEY
  #line = 0
  #at = 0

  /**
   * Reads the line that stands in these bytes.
   *
   * @returns false when it is not as simple as described above, or no JSON at all.
   */
  read({ bytes: line, from, to }: JsonLine): boolean {
    this.count = 0
    this.length = 0
    this.#line += 1
    if (to - from > LINE_BYTES_MAX || line[from] !== BRACE_OPEN) return false
    this.#at = from + 1
    let key = NO_KEY
    while (this.count < FIELDS_MAX) {
      key = this.#readKey(line, key)
      if (key === NO_KEY || this.#seen[key] === this.#line) return false
      this.#seen[key] = this.#line
      this.keys[this.count] = key
      if (line[this.#at] !== COLON) return false
      this.#at += 1
      this.#skipSpaces(line)
      if (!this.#readValue(line)) return false
      this.count += 1
      const byte = line[this.#at]
      this.#at += 1
      if (byte === BRACE_CLOSE) return this.#at === to
      if (byte !== COMMA) return false
      this.#skipSpaces(line)
    }
    return false
  }

  /** A field's value as text. */
  text(field: number): string {
    return this.#decoded(this.starts[field] ?? 0, this.ends[field] ?? 0)
  }

  /** All values but `null` as text. */
  texts(): readonly string[] {
    return this.length === 0 ? [] : this.joinedTexts().split('\0')
  }

  /** The same with a NUL between them. */
  joinedTexts(): string {
    return this.#decoded(0, Math.max(0, this.length - 1))
  }

  // oxlint-disable-next-line max-params -- from and to, as everywhere
  #decoded(start: number, end: number): string {
    if (end - start > SHORT) return decoder.decode(this.bytes.subarray(start, end))
    let text = ''
    for (let at = start; at < end; at += 1) text += String.fromCharCode(this.bytes[at] ?? 0)
    return text
  }

  #skipSpaces(line: Uint8Array): void {
    while (line[this.#at] === SPACE) this.#at += 1
  }

  // Lines of one kind have their keys in one order: the one that came last time is tried first.
  // oxlint-disable-next-line max-params -- called for every field of every line
  #readKey(line: Uint8Array, previous: number): number {
    if (line[this.#at] !== QUOTE) return NO_KEY
    const start = this.#at + 1
    const expected = (previous === NO_KEY ? this.#first : this.#following[previous]) ?? NO_KEY
    const bytes = this.#keyBytes[expected]
    if (bytes !== undefined) {
      let at = 0
      while (at < bytes.length && line[start + at] === bytes[at]) at += 1
      if (at === bytes.length && line[start + at] === QUOTE) {
        this.#at = start + at + 1
        return expected
      }
    }
    const key = this.#findKey(line, start)
    if (previous === NO_KEY) this.#first = key
    else this.#following[previous] = key
    return key
  }

  // oxlint-disable-next-line max-params -- where in what
  #findKey(line: Uint8Array, start: number): number {
    let end = start
    while (PLAIN[line[end] ?? 0] === 1 && line[end] !== SPACE) end += 1
    if (line[end] !== QUOTE) return NO_KEY
    this.#at = end + 1
    // A copy: `slice` of a Buffer would be a view of bytes that change.
    const bytes = new Uint8Array(line.subarray(start, end))
    const name = decoder.decode(bytes)
    const known = this.#keyNumbers.get(name)
    if (known !== undefined) return known
    if (this.names.length === KEYS_MAX) return NO_KEY
    const key = this.names.push(name) - 1
    this.#keyNumbers.set(name, key)
    this.#keyBytes.push(bytes)
    this.#seen.push(0)
    this.#following.push(NO_KEY)
    return key
  }

  #readValue(line: Uint8Array): boolean {
    this.starts[this.count] = this.length
    const byte = line[this.#at] ?? 0
    if (byte === QUOTE) return this.#readText(line)
    if (byte === MINUS || (byte >= DIGIT_0 && byte <= DIGIT_9)) return this.#readNumber(line)
    return this.#readWord(line)
  }

  #readText(line: Uint8Array): boolean {
    const { bytes } = this
    let { length } = this
    let at = this.#at + 1
    let hash = FNV.basis
    let byte = line[at] ?? 0
    for (;;) {
      while (PLAIN[byte] === 1) {
        bytes[length] = byte
        length += 1
        hash = Math.imul(hash ^ byte, FNV.prime)
        at += 1
        byte = line[at] ?? 0
      }
      if (byte !== BACKSLASH) break
      const meant = ESCAPED[line[at + 1] ?? 0] ?? 0
      if (meant === 0) return false
      bytes[length] = meant
      length += 1
      hash = Math.imul(hash ^ meant, FNV.prime)
      at += 2
      byte = line[at] ?? 0
    }
    this.#at = at + 1
    this.hashes[this.count] = hash
    this.#end(TEXT, length)
    return byte === QUOTE
  }

  // oxlint-disable-next-line max-params -- what was found, and how far
  #end(kind: number, length: number): void {
    this.kinds[this.count] = kind
    this.ends[this.count] = length
    this.bytes[length] = 0
    this.length = length + 1
  }

  #readNumber(line: Uint8Array): boolean {
    const { bytes, length } = this
    const start = this.#at
    const isNegative = line[start] === MINUS
    const first = isNegative ? start + 1 : start
    let at = first
    let number = 0
    for (let byte = line[at] ?? 0; byte >= DIGIT_0 && byte <= DIGIT_9; byte = line[at] ?? 0) {
      number = number * 10 + (byte - DIGIT_0)
      at += 1
      if (at - first > DIGITS_MAX) return false
    }
    const isZero = at - first === 1 && number === 0 && !isNegative
    if (at === first || (line[first] === DIGIT_0 && !isZero)) return false
    for (let from = start; from < at; from += 1) bytes[length + from - start] = line[from] ?? 0
    this.#at = at
    this.numbers[this.count] = isNegative ? -number : number
    this.#end(NUMBER, length + at - start)
    return true
  }

  #readWord(line: Uint8Array): boolean {
    const { length } = this
    const word = WORDS.find(({ bytes }) => bytes[0] === line[this.#at])
    if (word === undefined) return false
    const { kind, bytes } = word
    for (const [index, byte] of bytes.entries()) {
      if (line[this.#at + index] !== byte) return false
    }
    this.#at += bytes.length
    if (bytes[0] !== LETTER_N) this.bytes.set(bytes, length)
    this.#end(kind, kind === NULL ? length : length + bytes.length)
    // What is not there is no text; its NUL goes, too.
    if (kind === NULL) this.length = length
    return true
  }
}
