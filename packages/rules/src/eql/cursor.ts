import type { DialectTraits, EqlLimits } from './dialect.ts'
import type { Token } from './lexer.ts'
import { EqlStop } from './stop.ts'

/** The words of a query and the place the parser is at. */
export class Cursor {
  readonly traits: DialectTraits
  readonly limits: EqlLimits
  /** Offsets of `?"…"` texts outside the endgame dialect. */
  readonly obsolete: number[] = []
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0

  constructor(tokens: readonly Token[], traits: DialectTraits, limits: EqlLimits) {
    this.#tokens = tokens
    this.traits = traits
    this.limits = limits
  }

  /** The word at hand, or one of those after it. */
  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)]
    if (token === undefined) throw new RangeError('the last token ends every query')
    return token
  }

  /** Takes the word at hand. */
  next(): Token {
    const token = this.peek()
    this.#index += 1
    return token
  }

  /** Whether the word at hand is this sign. */
  isSign(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'sign' && token.text === text
  }

  /** Whether the word at hand is this keyword, which is in lower case. */
  isWord(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'name' && token.text === text
  }

  /** Takes the sign when it is at hand. */
  takeSign(text: string): boolean {
    const found = this.isSign(text)
    if (found) this.#index += 1
    return found
  }

  /** Takes the keyword when it is at hand. */
  takeWord(text: string): boolean {
    const found = this.isWord(text)
    if (found) this.#index += 1
    return found
  }

  /** Takes the sign, or ends the parse. */
  expectSign(text: string): Token {
    if (!this.isSign(text)) throw this.unexpected(`“${text}”`)
    return this.next()
  }

  /** Takes a `~` that stands right behind the word before it. */
  takeTilde(): boolean {
    const before = this.#tokens[this.#index - 1]
    const isThere = this.isSign('~') && before?.end === this.peek().offset
    if (isThere) this.#index += 1
    return isThere
  }

  /** Whether the word at hand stands right behind the one before it, without a blank. */
  get isAdjacent(): boolean {
    return this.#tokens[this.#index - 1]?.end === this.peek().offset
  }

  /** What ends the parse at the word at hand. */
  unexpected(wanted: string): EqlStop {
    const token = this.peek()
    const found = token.kind === 'end' ? 'the query ends' : `“${shown(token)}” stands here`
    return new EqlStop('ERR_RULE_QUERY', `Here ${wanted} is expected, but ${found}.`, token.offset)
  }

  /** What ends the parse because another dialect has this, and the one at hand has not. */
  foreign(message: string, offset: number): EqlStop {
    return new EqlStop('ERR_RULE_DIALECT', message, offset)
  }

  /** Reads something nested, unless that is too deep. */
  nested<Result>(read: () => Result): Result {
    this.#depth += 1
    if (this.#depth > this.limits.depthMax) {
      const message = `Nested deeper than ${this.limits.depthMax} levels.`
      throw new EqlStop('ERR_RULE_TOO_LARGE', message, this.peek().offset)
    }
    const result = read()
    this.#depth -= 1
    return result
  }
}

function shown(token: Token): string {
  return token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text
}
