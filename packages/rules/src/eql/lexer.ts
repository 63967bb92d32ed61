import { type DialectTraits, EQL_LIMITS, type EqlLimits } from './dialect.ts'
import { EqlStop } from './stop.ts'

/** A word of a query. `end` is the offset after its last character. */
export type Token =
  | { readonly kind: 'name'; readonly text: string; readonly offset: number; readonly end: number }
  /** Written in backquotes: a field's name even where it is a keyword. */
  | {
      readonly kind: 'quoted'
      readonly text: string
      readonly offset: number
      readonly end: number
    }
  | {
      readonly kind: 'number'
      readonly text: string
      readonly value: number
      /** Written with a point or an exponent. */
      readonly float: boolean
      readonly offset: number
      readonly end: number
    }
  | {
      readonly kind: 'string'
      readonly text: string
      /** Between `"""`, or after `?`: nothing was escaped. */
      readonly raw: boolean
      /** `?"…"` or `?'…'`, which only the endgame dialect still has. */
      readonly obsolete: boolean
      readonly offset: number
      readonly end: number
    }
  | { readonly kind: 'sign'; readonly text: string; readonly offset: number; readonly end: number }
  | { readonly kind: 'end'; readonly text: ''; readonly offset: number; readonly end: number }

const BLANKS = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y
const NAME = /[A-Za-z_@][A-Za-z0-9_@]*/y
const BACKQUOTED = /`((?:[^`\r\n]|``)+)`/y
const NUMBER = /(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?/y
const SIGN = /==|!=|!:|<=|>=|!\[|[=<>+\-*/%()[\],|:.?~]/y
const TRIPLE = /"""([^\r\n]*?)"""("{0,2})/y
const DOUBLE = /"((?:\\.|[^"\\\r\n])*)"/y
const SINGLE = /'((?:\\.|[^'\\\r\n])*)'/y
const RAW_DOUBLE = /\?"((?:\\"|[^"\r\n])*)"/y
const RAW_SINGLE = /\?'((?:\\'|[^'\r\n])*)'/y
const ESCAPE = /\\(?:u\{([0-9a-fA-F]{2,8})\}|(.))/g

const ESCAPED: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  '"': '"',
  "'": "'",
  '\\': '\\',
}

/** How a query is read. */
export interface LexOptions {
  readonly traits: DialectTraits
  readonly limits?: EqlLimits
}

/**
 * Cuts a query into words.
 *
 * @throws EqlStop At the first character that begins no word.
 */
export function lexEql(text: string, options: LexOptions): readonly Token[] {
  const limits = options.limits ?? EQL_LIMITS
  if (text.length > limits.textCharsMax) {
    const message = `The query is longer than ${limits.textCharsMax} characters.`
    throw new EqlStop('ERR_RULE_TOO_LARGE', message, 0)
  }
  const lexer = new Lexer(text, options.traits)
  const tokens: Token[] = []
  for (;;) {
    const token = lexer.next()
    tokens.push(token)
    if (token.kind === 'end') return tokens
    if (tokens.length > limits.tokensMax) {
      const message = `The query has more than ${limits.tokensMax} words.`
      throw new EqlStop('ERR_RULE_TOO_LARGE', message, token.offset)
    }
  }
}

class Lexer {
  readonly #text: string
  readonly #traits: DialectTraits
  #offset = 0

  constructor(text: string, traits: DialectTraits) {
    this.#text = text
    this.#traits = traits
  }

  next(): Token {
    this.#take(BLANKS)
    const offset = this.#offset
    if (offset >= this.#text.length) return { kind: 'end', text: '', offset, end: offset }
    return this.#string(offset) ?? this.#name(offset) ?? this.#number(offset) ?? this.#sign(offset)
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#offset
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.#offset = pattern.lastIndex
    return found
  }

  #name(offset: number): Token | undefined {
    const quoted = this.#take(BACKQUOTED)
    if (quoted !== undefined) {
      const text = (quoted[1] ?? '').replaceAll('``', '`')
      return { kind: 'quoted', text, offset, end: this.#offset }
    }
    const found = this.#take(NAME)
    return found === undefined
      ? undefined
      : { kind: 'name', text: found[0], offset, end: this.#offset }
  }

  #number(offset: number): Token | undefined {
    const text = this.#take(NUMBER)?.[0]
    if (text === undefined) return undefined
    const float = /[.eE]/.test(text)
    return { kind: 'number', text, value: Number(text), float, offset, end: this.#offset }
  }

  #string(offset: number): Token | undefined {
    const triple = this.#take(TRIPLE)
    if (triple !== undefined) {
      const text = (triple[1] ?? '') + (triple[2] ?? '')
      return { kind: 'string', text, raw: true, obsolete: false, offset, end: this.#offset }
    }
    const raw = this.#take(RAW_DOUBLE) ?? this.#take(RAW_SINGLE)
    if (raw !== undefined) {
      const text = raw[1] ?? ''
      return { kind: 'string', text, raw: true, obsolete: true, offset, end: this.#offset }
    }
    const double = this.#take(DOUBLE)
    const single = double === undefined ? this.#take(SINGLE) : undefined
    if (single !== undefined && !this.#traits.loose) {
      const message = 'Texts stand in double quotes: write "…".'
      throw new EqlStop('ERR_RULE_DIALECT', message, offset)
    }
    const found = double ?? single
    if (found === undefined) return undefined
    const text = unescape(found[1] ?? '', offset + 1)
    return { kind: 'string', text, raw: false, obsolete: false, offset, end: this.#offset }
  }

  #sign(offset: number): Token {
    const text = this.#take(SIGN)?.[0]
    if (text !== undefined) return { kind: 'sign', text, offset, end: this.#offset }
    const character = String.fromCodePoint(this.#text.codePointAt(offset) ?? 0)
    if (character === '"' || character === "'" || character === '`') {
      throw new EqlStop(
        'ERR_RULE_QUERY',
        `The text that begins with ${character} does not end.`,
        offset,
      )
    }
    throw new EqlStop('ERR_RULE_QUERY', `“${character}” has no meaning here.`, offset)
  }
}

function unescape(text: string, offset: number): string {
  if (!text.includes('\\')) return text
  let plain = ''
  let from = 0
  for (const found of text.matchAll(ESCAPE)) {
    const [whole, code, letter = ''] = found
    const value = code === undefined ? ESCAPED[letter] : fromCode(code)
    if (value === undefined) {
      const message = `“${whole}” is no escape; write \\\\ for a backslash, or use """…""".`
      throw new EqlStop('ERR_RULE_QUERY', message, offset + found.index)
    }
    plain += text.slice(from, found.index) + value
    from = found.index + whole.length
  }
  return plain + text.slice(from)
}

function fromCode(code: string): string | undefined {
  const point = Number.parseInt(code, 16)
  const isCharacter = point <= 0x10_ff_ff && !(point >= 0xd8_00 && point <= 0xdf_ff)
  return isCharacter ? String.fromCodePoint(point) : undefined
}
