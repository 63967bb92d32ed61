import { foldCase } from '../fold.ts'

/** Shorter literals are in nearly every text and tell nothing. */
const LITERAL_CHARS_MIN = 3
const ALTERNATIVES_MAX = 64
const DEPTH_MAX = 50

/** One way of matching: texts that have to be in it, the best of them; none known when absent. */
type Needed = readonly string[] | undefined

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v' }
/** Escapes that match a place and no character. */
const PLACES = 'AbBz'
const QUANTIFIER = /^(?:([*+?])|\{(\d+)(,\d*)?\})\??/

/**
 * Finds texts of which at least one stands in every text the expression is found in. They are
 * folded, so that the flags of the expression do not matter: look for them in folded text, in which
 * `ſ` was replaced by `s`. Letters beyond ASCII have more than two forms to an expression without
 * case and are left out.
 *
 * @returns `undefined` when there is nothing to look for. May only name too little, never a text
 *          that is not needed.
 */
export function regexLiterals(source: string): readonly string[] | undefined {
  try {
    const reader = new Reader(source)
    const needed = reader.alternatives(0)
    return reader.isAtEnd ? needed : undefined
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined
    throw error
  }
}

/** Brings `ſ` to `s`: lower-casing keeps it, but to an expression without case it is an `s`. */
export function withPlainS(folded: string): string {
  return folded.includes('ſ') ? folded.replaceAll('ſ', 's') : folded
}

class NotUnderstood extends Error {}

/** Reads the part of RE2's syntax that decides which texts are needed. */
class Reader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    // A quoted passage may hold anything; few rules have one.
    if (/\\[QE]/.test(source)) throw new NotUnderstood()
    this.#source = source
  }

  get isAtEnd(): boolean {
    return this.#at === this.#source.length
  }

  alternatives(depth: number): Needed {
    if (depth > DEPTH_MAX) throw new NotUnderstood()
    const all: string[] = []
    let isKnown = true
    for (;;) {
      const needed = this.#concatenation(depth)
      if (needed === undefined) isKnown = false
      else all.push(...needed)
      if (this.#source[this.#at] !== '|') break
      this.#at += 1
    }
    return isKnown && all.length <= ALTERNATIVES_MAX ? all : undefined
  }

  #concatenation(depth: number): Needed {
    let best: Needed
    let run = ''
    const endRun = (): void => {
      if (run.length >= LITERAL_CHARS_MIN) best = better(best, [run])
      run = ''
    }
    while (!this.isAtEnd && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')') {
      const piece = this.#piece(depth)
      const least = this.#quantifier()
      if (piece === 'place') continue
      if (typeof piece === 'string' && least === undefined) {
        run += piece
        continue
      }
      // Repeated at least once, its first copy still follows what stands before it.
      if (typeof piece === 'string' && least !== undefined && least > 0) run += piece
      endRun()
      if (typeof piece === 'object' && (least ?? 1) > 0) best = better(best, piece.needed)
    }
    endRun()
    return best
  }

  /** A character, a place between two, or something else with what it needs. */
  #piece(depth: number): string | { readonly needed: Needed } {
    const character = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0)
    this.#at += character.length
    switch (character) {
      case '(':
        return this.#group(depth)
      case '[':
        this.#class()
        return { needed: undefined }
      case '.':
        return { needed: undefined }
      case '^':
      case '$':
        return 'place'
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        throw new NotUnderstood()
      default:
        return plain(character)
    }
  }

  #group(depth: number): { readonly needed: Needed } | 'place' {
    const head = /^\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?([:)]))/.exec(this.#source.slice(this.#at))
    if (head !== null) {
      this.#at += head[0].length
      if (head[1] === ')') {
        // Flags are no item: what would repeat them repeats what stands before them.
        if (QUANTIFIER.test(this.#source.slice(this.#at))) throw new NotUnderstood()
        return 'place'
      }
    } else if (this.#source[this.#at] === '?') {
      throw new NotUnderstood()
    }
    const needed = this.alternatives(depth + 1)
    if (this.#source[this.#at] !== ')') throw new NotUnderstood()
    this.#at += 1
    return { needed }
  }

  #class(): void {
    const rest = this.#source.slice(this.#at)
    const body = /^\^?\]?(?:\[:\^?\w+:\]|\\[^pPx]|\\[pP](?:\w|\{\^?\w+\})|\\x|[^\]\\])*\]/.exec(
      rest,
    )
    if (body === null) throw new NotUnderstood()
    this.#at += body[0].length
  }

  #escape(): string | { readonly needed: Needed } {
    const letter = this.#source[this.#at]
    if (letter === undefined) throw new NotUnderstood()
    this.#at += 1
    if (PLACES.includes(letter)) return 'place'
    if (/[dDwWsSC]/.test(letter)) return { needed: undefined }
    const plainEscape = ESCAPES[letter]
    if (plainEscape !== undefined) return plainEscape
    if (!/[A-Za-z0-9]/.test(letter)) return plain(letter)
    const long = /^(?:[pP](?:[A-Za-z]|\{\^?\w+\})|x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]+\})|[0-7]{1,3})/
    const found = long.exec(this.#source.slice(this.#at - 1))
    if (found === null) throw new NotUnderstood()
    this.#at += found[0].length - 1
    return { needed: undefined }
  }

  /** The least number of times, or `undefined` without a quantifier. */
  #quantifier(): number | undefined {
    let least: number | undefined
    for (;;) {
      const found = QUANTIFIER.exec(this.#source.slice(this.#at, this.#at + 12))
      if (found === null) return least
      this.#at += found[0].length
      const [, sign, count] = found
      const next = sign === undefined ? Number(count) : sign === '+' ? 1 : 0
      least = Math.min(least ?? next, next)
    }
  }
}

function plain(character: string): string | { readonly needed: undefined } {
  // NUL separates texts that are searched together.
  const isUsable = character <= '\u007F' && character !== '\0'
  return isUsable ? foldCase(character) : { needed: undefined }
}

// Longer texts are rarer, and fewer alternatives are found more quickly.
function better(first: Needed, second: Needed): Needed {
  if (first === undefined || second === undefined) return first ?? second
  return shortest(second) > shortest(first) ? second : first
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map(({ length }) => length))
}
