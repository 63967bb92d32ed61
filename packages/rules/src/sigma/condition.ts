// Grammar (Sigma specification 2.1, "Condition"; words in any case, upper case with a warning):
//   or    := and ("or" and)*
//   and   := not ("and" not)*
//   not   := "not" not | prim
//   prim  := "(" or ")" | quant "of" selector | ident
//   quant := "1" | "any" | "all"
//   selector := "them" | [A-Za-z0-9_*-]+        ident := [A-Za-z0-9_-]+

/** A condition before its names are looked up. `offset` is the index in the condition's text. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Condition[] }
  | { readonly kind: 'not'; readonly operand: Condition }
  | { readonly kind: 'selection'; readonly name: string; readonly offset: number }
  | {
      readonly kind: 'quantifier'
      readonly quantity: 'any' | 'all'
      readonly selector: string
      readonly offset: number
    }

/** Why a condition cannot be read. */
export interface ConditionProblem {
  readonly message: string
  readonly offset: number
}

/** A condition that was read, or why it cannot be. */
export type ConditionResult =
  | {
      readonly ok: true
      readonly condition: Condition
      /** Keywords that are written in upper case, which the specification does not allow. */
      readonly upperCase: readonly string[]
    }
  | { readonly ok: false; readonly problem: ConditionProblem }

const TOKENS_MAX = 2_000
const DEPTH_MAX = 64
const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'of', 'them', 'all', 'any'])
const TOKEN = /\s*(?:([()|])|([A-Za-z0-9_*-]+)|(\S))/y

interface Token {
  readonly text: string
  readonly offset: number
}

/** Ends the parse; never leaves this file. */
class ConditionStop extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/**
 * Parses the text of a condition.
 *
 * @throws Never; what is wrong, and where, is in the result.
 */
export function parseCondition(text: string): ConditionResult {
  try {
    const parser = new Parser(tokenize(text), text.length)
    return { ok: true, condition: parser.parse(), upperCase: parser.upperCase }
  } catch (error) {
    if (!(error instanceof ConditionStop)) throw error
    return { ok: false, problem: { message: error.message, offset: error.offset } }
  }
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  const end = text.trimEnd().length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(text)
    if (found === null) break
    const token = found[1] ?? found[2] ?? found[3] ?? ''
    const offset = TOKEN.lastIndex - token.length
    if (token === '|') {
      throw new ConditionStop(
        'Aggregations after "|" were removed from Sigma; write a correlation rule instead.',
        offset,
      )
    }
    if (found[3] !== undefined) {
      throw new ConditionStop(`Unexpected character "${token}" in the condition.`, offset)
    }
    tokens.push({ text: token, offset })
    if (tokens.length > TOKENS_MAX) {
      throw new ConditionStop(`The condition has more than ${TOKENS_MAX} words.`, offset)
    }
  }
  return tokens
}

class Parser {
  readonly upperCase: string[] = []
  readonly #tokens: readonly Token[]
  readonly #end: number
  #next = 0

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens
    this.#end = end
  }

  parse(): Condition {
    if (this.#tokens.length === 0) throw new ConditionStop('The condition is empty.', 0)
    const condition = this.#or(0)
    const rest = this.#tokens[this.#next]
    if (rest !== undefined) {
      throw new ConditionStop(`Expected "and" or "or" before "${rest.text}".`, rest.offset)
    }
    return condition
  }

  /** Takes the next token when it is this keyword, in either case. */
  #take(word: string): boolean {
    const token = this.#tokens[this.#next]
    if (token === undefined || token.text.toLowerCase() !== word) return false
    if (token.text !== word) this.upperCase.push(token.text)
    this.#next += 1
    return true
  }

  #or(depth: number): Condition {
    const operands = [this.#and(depth)]
    while (this.#take('or')) operands.push(this.#and(depth))
    return operands.length === 1 ? only(operands) : { kind: 'or', operands }
  }

  #and(depth: number): Condition {
    const operands = [this.#not(depth)]
    while (this.#take('and')) operands.push(this.#not(depth))
    return operands.length === 1 ? only(operands) : { kind: 'and', operands }
  }

  #not(depth: number): Condition {
    const offset = this.#tokens[this.#next]?.offset ?? this.#end
    if (depth > DEPTH_MAX) {
      throw new ConditionStop(`The condition is nested deeper than ${DEPTH_MAX}.`, offset)
    }
    if (this.#take('not')) return { kind: 'not', operand: this.#not(depth + 1) }
    return this.#primary(depth)
  }

  #primary(depth: number): Condition {
    const token = this.#tokens[this.#next]
    if (token === undefined) {
      throw new ConditionStop('The condition ends where a name is expected.', this.#end)
    }
    this.#next += 1
    if (token.text === '(') return this.#group(token, depth)
    const isQuantified = this.#tokens[this.#next]?.text.toLowerCase() === 'of'
    if (isQuantified) return this.#quantifier(token)
    if (token.text === ')' || KEYWORDS.has(token.text.toLowerCase())) {
      throw new ConditionStop(`Expected a name, found "${token.text}".`, token.offset)
    }
    if (token.text.includes('*')) {
      throw new ConditionStop(
        `Write "1 of ${token.text}" or "all of ${token.text}" to use a pattern of names.`,
        token.offset,
      )
    }
    return { kind: 'selection', name: token.text, offset: token.offset }
  }

  #group(open: Token, depth: number): Condition {
    const inner = this.#or(depth + 1)
    if (this.#take(')')) return inner
    throw new ConditionStop('This parenthesis is not closed.', open.offset)
  }

  #quantifier(token: Token): Condition {
    const word = token.text.toLowerCase()
    const quantity = word === 'all' ? 'all' : word === '1' || word === 'any' ? 'any' : undefined
    if (quantity === undefined) {
      throw new ConditionStop(
        `Only "1 of", "any of" and "all of" exist, not "${token.text} of".`,
        token.offset,
      )
    }
    if (word !== token.text) this.upperCase.push(token.text)
    this.#take('of')
    const selector = this.#tokens[this.#next]
    if (selector === undefined || selector.text === '(' || selector.text === ')') {
      throw new ConditionStop('Expected "them" or a pattern of names after "of".', token.offset)
    }
    this.#next += 1
    return { kind: 'quantifier', quantity, selector: selector.text, offset: selector.offset }
  }
}

/** The single element of a list known to have one. */
function only(operands: readonly Condition[]): Condition {
  const [first] = operands
  if (first === undefined) throw new ConditionStop('The condition is empty.', 0)
  return first
}

/**
 * The names a selector stands for: `*` is any characters, `them` is all names. Names that begin
 * with
 * `_` are left out unless the pattern itself begins with `_`.
 */
export function selectNames(selector: string, names: readonly string[]): readonly string[] {
  const pattern = selector === 'them' ? '*' : selector
  const pieces = pattern.split('*')
  return names.filter(
    (name) => (pattern.startsWith('_') || !name.startsWith('_')) && nameMatches(name, pieces),
  )
}

// Leftmost placement of each piece is enough: a later placement never leaves more room behind it.
function nameMatches(name: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  if (pieces.length === 1) return name === first
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  const end = name.length - last.length
  let from = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, from)
    if (found === -1) return false
    from = found + piece.length
  }
  return from <= end
}
