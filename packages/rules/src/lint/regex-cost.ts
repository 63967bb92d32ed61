/** What makes an expression slow, or `undefined` when nothing does. */
export type RegexCost = 'matches_anything' | 'repeat' | 'alternation' | 'no_literal'

const LITERAL_CHARS_MIN = 2
const BRANCHES_MAX = 200
const REPEAT_MAX = 200
const DEPTH_MAX = 64

/**
 * Judges the cost of an expression that was compiled, RE2 syntax, from its text.
 *
 * An expression without a literal of at least two characters that every match has to hold must be
 * run on every event; one with such a literal only where the literal is.
 */
export function regexCost(source: string): RegexCost | undefined {
  const facts = new Scan(source).facts()
  if (facts === undefined) return undefined
  if (facts.isAnything) return 'matches_anything'
  if (facts.repeatMax >= REPEAT_MAX) return 'repeat'
  if (facts.branches > BRANCHES_MAX) return 'alternation'
  return facts.literalChars < LITERAL_CHARS_MIN ? 'no_literal' : undefined
}

/**
 * Estimates how many instructions an expression compiles to: repeats are written out. What cannot
 * be read counts as its length.
 */
export function regexSize(source: string): number {
  return new Scan(source).facts()?.size ?? source.length
}

interface Facts {
  readonly size: number
  /** Longest literal that every match holds, at least. */
  readonly literalChars: number
  readonly branches: number
  readonly repeatMax: number
  readonly isAnything: boolean
}

interface Piece {
  readonly size: number
  /** A literal character, or what it is not. */
  readonly literal: boolean
  /** Longest literal inside, for groups. */
  readonly inner: number
  readonly isDot: boolean
}

interface Alternatives {
  readonly literalChars: number
  readonly size: number
}

const NOTHING: Piece = { size: 0, literal: false, inner: 0, isDot: false }
const ONE: Piece = { ...NOTHING, size: 1 }

// A reader of expressions that only looks for literals; what it does not know counts as none.
class Scan {
  readonly #source: string
  #at = 0
  #branches = 0
  #repeatMax = 0
  #isAnything = false

  constructor(source: string) {
    this.#source = source
  }

  facts(): Facts | undefined {
    const whole = this.#alternatives(0)
    const { length } = this.#source
    if (whole === undefined || this.#at < length) return undefined
    return {
      ...whole,
      branches: this.#branches,
      repeatMax: this.#repeatMax,
      isAnything: length === 0 || this.#isAnything,
    }
  }

  /** The least of the longest literals of each branch, and the size of all. */
  #alternatives(depth: number): Alternatives | undefined {
    if (depth > DEPTH_MAX) return undefined
    let literalChars = Number.POSITIVE_INFINITY
    let size = 0
    for (;;) {
      const branch = this.#branch(depth)
      if (branch === undefined) return undefined
      literalChars = Math.min(literalChars, branch.literalChars)
      size += branch.size + 1
      if (this.#source[this.#at] !== '|') return { literalChars, size }
      this.#branches += 1
      this.#at += 1
    }
  }

  #branch(depth: number): Alternatives | undefined {
    let size = 0
    let longest = 0
    let run = 0
    let pieces = 0
    let free = 0
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at] ?? ''
      if (char === '|' || char === ')') break
      const piece = this.#piece(depth)
      if (piece === undefined) return undefined
      const repeat = this.#repeat()
      pieces += 1
      size += piece.size * Math.max(1, repeat?.most ?? 1) + (repeat === undefined ? 0 : 1)
      if (piece.isDot && repeat?.least === 0) free += 1
      const isOnce = repeat === undefined || repeat.least > 0
      if (piece.literal && repeat === undefined) run += 1
      else if (piece.literal && isOnce) run += 1
      if (!piece.literal || repeat !== undefined) {
        longest = Math.max(longest, run)
        run = 0
      }
      if (isOnce) longest = Math.max(longest, piece.inner)
    }
    if (depth === 0 && pieces > 0 && free === pieces) this.#isAnything = true
    return { literalChars: Math.max(longest, run), size }
  }

  #piece(depth: number): Piece | undefined {
    const char = this.#source[this.#at] ?? ''
    this.#at += 1
    if (char === '(') return this.#group(depth)
    if (char === '[') return this.#class()
    if (char === '\\') return this.#escape()
    const isOther = char === '.' || char === '^' || char === '$'
    return { size: 1, literal: !isOther, inner: 0, isDot: char === '.' }
  }

  #group(depth: number): Piece | undefined {
    const flags = /^\?(?:P?<[^>]*>|[imsU-]*:)/.exec(this.#source.slice(this.#at, this.#at + 80))
    const bare = /^\?[imsU-]+\)/.exec(this.#source.slice(this.#at, this.#at + 20))
    if (bare !== null) {
      this.#at += bare[0].length
      return NOTHING
    }
    this.#at += flags?.[0].length ?? 0
    const inner = this.#alternatives(depth + 1)
    if (inner === undefined || this.#source[this.#at] !== ')') return undefined
    this.#at += 1
    return { size: inner.size + 2, literal: false, inner: inner.literalChars, isDot: false }
  }

  #class(): Piece | undefined {
    if (this.#source[this.#at] === '^') this.#at += 1
    if (this.#source[this.#at] === ']') this.#at += 1
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at]
      if (char === '\\') this.#at += 1
      else if (char === '[' && this.#source[this.#at + 1] === ':') {
        const end = this.#source.indexOf(':]', this.#at)
        if (end !== -1) this.#at = end + 1
      } else if (char === ']') {
        this.#at += 1
        return ONE
      }
      this.#at += 1
    }
    return undefined
  }

  #escape(): Piece {
    const char = this.#source[this.#at] ?? ''
    this.#at += 1
    if (char === 'Q') {
      const end = this.#source.indexOf('\\E', this.#at)
      const text = this.#source.slice(this.#at, end === -1 ? undefined : end)
      this.#at = end === -1 ? this.#source.length : end + 2
      return { size: text.length, literal: false, inner: text.length, isDot: false }
    }
    if ((char === 'x' || char === 'p' || char === 'P') && this.#source[this.#at] === '{') {
      const end = this.#source.indexOf('}', this.#at)
      this.#at = end === -1 ? this.#source.length : end + 1
    } else if (char === 'x') this.#at += 2
    else if (char === 'p' || char === 'P') this.#at += 1
    // Letters and digits after a backslash are classes, places or codes; the rest is itself.
    return { ...ONE, literal: !/[A-Za-z0-9]/.test(char) }
  }

  /** The quantifier at this place. */
  #repeat(): { readonly least: number; readonly most: number } | undefined {
    const char = this.#source[this.#at] ?? ''
    let least: number | undefined
    let most = 1
    if (char === '*' || char === '?' || char === '+') {
      this.#at += 1
      least = char === '+' ? 1 : 0
    } else if (char === '{') {
      const [text, from, , to] =
        /^\{(\d+)(,(\d*))?\}/.exec(this.#source.slice(this.#at, this.#at + 20)) ?? []
      if (text === undefined) return undefined
      this.#at += text.length
      least = Number(from)
      most = Math.max(least, Number(to ?? 0))
      this.#repeatMax = Math.max(this.#repeatMax, most)
    }
    if (least === undefined) return undefined
    if (this.#source[this.#at] === '?') this.#at += 1
    return { least, most }
  }
}
