import type { LineageRelation } from '../expression.ts'
import type {
  BinaryOperator,
  CompareOperator,
  EqlNode,
  EventQuery,
  FieldNode,
  LiteralNode,
} from './ast.ts'
import type { Cursor } from './cursor.ts'
import { EqlStop } from './stop.ts'

// Grammar of expressions, all dialects together:
//   or      := and ("or" and)*
//   and     := not ("and" not)*
//   not     := "not"* compare
//   compare := sum [ (== | != | < | <= | > | >= | : | =) sum
//            | ["not"] ("in" | "in~") "(" or ("," or)* ")"
//            | (: | like | like~ | regex | regex~) (literal | "(" literal ("," literal)* ")") ]
//   sum     := product (("+" | "-") product)*
//   product := unary (("*" | "/" | "%") unary)*
//   unary   := ("+" | "-")* chain
//   chain   := primary (":" name "(" [or ("," or)*] ")")*            endgame's methods
//   primary := literal | field | name ["~"] "(" … ")" | "(" or ")" | relation "of" "[" event "]"

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', ':', '!:', '='])
const RELATIONS: ReadonlySet<string> = new Set(['descendant', 'child', 'event'])

/** Words that cannot name a field without backquotes. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'and',
  'any',
  'by',
  'false',
  'in',
  'join',
  'like',
  'maxspan',
  'not',
  'null',
  'of',
  'or',
  'regex',
  'sample',
  'sequence',
  'true',
  'until',
  'where',
  'with',
])

/** Reads a whole expression. */
export function parseExpression(cursor: Cursor): EqlNode {
  return cursor.nested(() => junction(cursor, 'or'))
}

function junction(cursor: Cursor, kind: 'and' | 'or'): EqlNode {
  const read = (): EqlNode => (kind === 'or' ? junction(cursor, 'and') : negation(cursor))
  const first = read()
  if (!cursor.isWord(kind)) return first
  const operands = [first]
  while (cursor.takeWord(kind)) operands.push(read())
  return { kind, operands, offset: first.offset }
}

function negation(cursor: Cursor): EqlNode {
  const { offset } = cursor.peek()
  let isNegated = false
  let isThere = false
  while (cursor.takeWord('not')) {
    isNegated = !isNegated
    isThere = true
  }
  const operand = comparison(cursor)
  if (isNegated) return { kind: 'not', operand, offset }
  // Two `not` are none, but what they stand before is a truth all the same.
  return isThere ? { kind: 'not', operand: { kind: 'not', operand, offset }, offset } : operand
}

function comparison(cursor: Cursor): EqlNode {
  const left = sum(cursor)
  const token = cursor.peek()
  if (token.kind === 'sign' && COMPARISONS.has(token.text)) return compared(cursor, left)
  if (token.kind !== 'name') return left
  if (token.text === 'in' || (token.text === 'not' && cursor.isWord('in', 1))) {
    return membership(cursor, left)
  }
  if (token.text !== 'like' && token.text !== 'regex') return left
  cursor.next()
  const folded = cursor.takeTilde()
  const patterns = literals(cursor)
  return {
    kind: 'pattern',
    operator: token.text,
    folded,
    operand: left,
    patterns,
    offset: token.offset,
  }
}

function compared(cursor: Cursor, left: EqlNode): EqlNode {
  const { text, offset } = cursor.next()
  if (text === '=' && !cursor.traits.loose) {
    throw cursor.foreign('“=” compares nothing; write “==”, or “:” to ignore case.', offset)
  }
  if (text === '!:') cursor.obsolete.push(offset)
  if (text === ':' && (cursor.isSign('(') ? isLiteralList(cursor) : isLastLiteral(cursor))) {
    const patterns = literals(cursor)
    return { kind: 'pattern', operator: ':', folded: true, operand: left, patterns, offset }
  }
  // The token is one of COMPARISONS.
  const operator = (text === '=' ? '==' : text) as CompareOperator
  return { kind: 'binary', operator, left, right: sum(cursor), offset }
}

// After `x :`, whether one literal follows and nothing that makes it a part of something larger.
function isLastLiteral(cursor: Cursor): boolean {
  if (!isLiteral(cursor, 0)) return false
  const after = cursor.peek(1)
  return !(after.kind === 'sign' && '+-*/%'.includes(after.text))
}

function isLiteral(cursor: Cursor, ahead: number): boolean {
  const { kind, text } = cursor.peek(ahead)
  if (kind === 'string' || kind === 'number') return true
  return kind === 'name' && (text === 'true' || text === 'false' || text === 'null')
}

function isLiteralList(cursor: Cursor): boolean {
  return isLiteral(cursor, 1) && (cursor.isSign(',', 2) || cursor.isSign(')', 2))
}

function membership(cursor: Cursor, operand: EqlNode): EqlNode {
  const { offset } = cursor.peek()
  const negated = cursor.takeWord('not')
  cursor.next()
  const folded = cursor.takeTilde()
  cursor.expectSign('(')
  const items = list(cursor, ')')
  if (items.length === 0) throw cursor.unexpected('a value')
  return { kind: 'in', operand, folded, negated, items, offset }
}

/** Reads expressions up to the closing sign, and the sign. A comma may stand before it. */
function list(cursor: Cursor, close: ')' | ']'): readonly EqlNode[] {
  const items: EqlNode[] = []
  while (!cursor.takeSign(close)) {
    items.push(parseExpression(cursor))
    if (!cursor.takeSign(',') && !cursor.isSign(close)) throw cursor.unexpected(`“${close}”`)
  }
  return items
}

function literals(cursor: Cursor): readonly LiteralNode[] {
  if (!cursor.takeSign('(')) return [literal(cursor)]
  const items: LiteralNode[] = []
  do {
    if (items.length > 0 && cursor.isSign(')')) break
    items.push(literal(cursor))
  } while (cursor.takeSign(','))
  cursor.expectSign(')')
  return items
}

function literal(cursor: Cursor): LiteralNode {
  const { offset } = cursor.peek()
  const isNegative = cursor.takeSign('-')
  const found = literalAt(cursor)
  if (found === undefined || (isNegative && typeof found.value !== 'number')) {
    throw cursor.unexpected('a text or number')
  }
  if (!isNegative || typeof found.value !== 'number') return found
  return { ...found, value: -found.value, text: `-${found.text}`, offset }
}

function literalAt(cursor: Cursor): LiteralNode | undefined {
  const token = cursor.peek()
  const { text, offset } = token
  const node = { kind: 'literal' as const, text, float: false, offset }
  if (token.kind === 'string') {
    cursor.next()
    if (token.obsolete && !cursor.traits.loose) cursor.obsolete.push(offset)
    return { ...node, value: text }
  }
  if (token.kind === 'number') {
    cursor.next()
    return { ...node, value: token.value, float: token.float }
  }
  if (token.kind !== 'name' || !isLiteral(cursor, 0)) return undefined
  cursor.next()
  return { ...node, value: text === 'null' ? null : text === 'true' }
}

function sum(cursor: Cursor): EqlNode {
  return chainOf(cursor, ['+', '-'], product)
}

function product(cursor: Cursor): EqlNode {
  return chainOf(cursor, ['*', '/', '%'], unary)
}

function chainOf(
  cursor: Cursor,
  operators: readonly BinaryOperator[],
  read: (cursor: Cursor) => EqlNode,
): EqlNode {
  let left = read(cursor)
  for (let length = 0; ; length += 1) {
    const { text, offset } = cursor.peek()
    const operator = operators.find((one) => cursor.isSign(one))
    if (operator === undefined) return left
    // Each makes the tree one deeper.
    if (length >= cursor.limits.depthMax) {
      const message = `More than ${cursor.limits.depthMax} “${text}” in a row.`
      throw new EqlStop('ERR_RULE_TOO_LARGE', message, offset)
    }
    cursor.next()
    left = { kind: 'binary', operator, left, right: read(cursor), offset }
  }
}

function unary(cursor: Cursor): EqlNode {
  const { offset } = cursor.peek()
  if (cursor.takeSign('+')) return cursor.nested(() => unary(cursor))
  if (!cursor.takeSign('-')) return methods(cursor)
  const operand = cursor.nested(() => unary(cursor))
  if (operand.kind === 'literal' && typeof operand.value === 'number') {
    return { ...operand, value: -operand.value, text: `-${operand.text}`, offset }
  }
  return { kind: 'negative', operand, offset }
}

function methods(cursor: Cursor): EqlNode {
  let receiver = primary(cursor)
  for (let length = 0; cursor.traits.endgame && isMethod(cursor); length += 1) {
    if (length >= cursor.limits.depthMax) {
      const message = `More than ${cursor.limits.depthMax} methods in a row.`
      throw new EqlStop('ERR_RULE_TOO_LARGE', message, cursor.peek().offset)
    }
    cursor.next()
    const called = call(cursor)
    receiver = { ...called, operands: [receiver, ...called.operands] }
  }
  return receiver
}

// `x:length()`. With a blank after the colon it is the operator: `x : length(y)`.
function isMethod(cursor: Cursor): boolean {
  const name = cursor.peek(1)
  return (
    cursor.isSign(':') &&
    name.kind === 'name' &&
    name.offset === cursor.peek().end &&
    cursor.isSign('(', 2)
  )
}

function call(cursor: Cursor): Extract<EqlNode, { kind: 'call' }> {
  const { text: name, offset } = cursor.next()
  const folded = cursor.takeTilde()
  cursor.expectSign('(')
  return { kind: 'call', name, folded, operands: list(cursor, ')'), offset }
}

function primary(cursor: Cursor): EqlNode {
  if (cursor.takeSign('(')) {
    const inner = parseExpression(cursor)
    cursor.expectSign(')')
    return inner
  }
  const constant = literalAt(cursor)
  if (constant !== undefined) return constant
  const token = cursor.peek()
  if (token.kind === 'name') {
    if (RELATIONS.has(token.text) && cursor.isWord('of', 1)) return lineage(cursor)
    const isCall = cursor.isSign('(', 1) || (cursor.isSign('~', 1) && cursor.isSign('(', 2))
    if (isCall && !KEYWORDS.has(token.text)) return call(cursor)
  }
  const field = parseField(cursor)
  if (field === undefined) throw cursor.unexpected('a field, value or function')
  return field
}

function lineage(cursor: Cursor): EqlNode {
  const { text, offset } = cursor.next()
  if (!cursor.traits.lineage) {
    const message = `“${text} of” is of the endpoint dialect; this query is of another.`
    throw cursor.foreign(message, offset)
  }
  cursor.next()
  // The caller saw one of RELATIONS.
  const relation = text as LineageRelation
  return { kind: 'lineage', relation, query: parseSubquery(cursor), offset }
}

/** Reads a field, or finds that none is at hand. */
export function parseField(cursor: Cursor): FieldNode | undefined {
  const { offset } = cursor.peek()
  const optional = !cursor.traits.loose && cursor.isSign('?')
  const token = cursor.peek(optional ? 1 : 0)
  const isName = token.kind === 'quoted' || (token.kind === 'name' && !KEYWORDS.has(token.text))
  if (!isName) return undefined
  if (optional) cursor.next()
  cursor.next()
  const parts = [token.text]
  const path: (string | number)[] = []
  while (cursor.isAdjacent) {
    if (cursor.isSign('.') && isNamed(cursor)) {
      cursor.next()
      const { text } = cursor.next()
      if (path.length > 0) path.push(text)
      else parts.push(text)
    } else if (cursor.isSign('[') && cursor.peek(1).kind === 'number' && cursor.isSign(']', 2)) {
      cursor.next()
      path.push(Number(cursor.next().text))
      cursor.next()
    } else break
  }
  return { kind: 'field', parts, path, optional, offset }
}

function isNamed(cursor: Cursor): boolean {
  const { kind } = cursor.peek(1)
  return kind === 'name' || kind === 'quoted'
}

/** Reads `category where condition`; in the endgame dialect, also a condition alone. */
export function parseEvent(cursor: Cursor): EventQuery {
  const token = cursor.peek()
  const { text: category, offset } = token
  if (cursor.isWord('where', 1)) {
    const isName = token.kind === 'string' || token.kind === 'name' || token.kind === 'quoted'
    if (!isName) throw cursor.unexpected('an event category')
    cursor.next()
    cursor.next()
    return { category, condition: parseExpression(cursor), offset }
  }
  if (!cursor.traits.endgame) throw cursor.unexpected('“category where condition”')
  return { category: 'any', condition: parseExpression(cursor), offset }
}

function parseSubquery(cursor: Cursor): EventQuery {
  return cursor.nested(() => {
    cursor.expectSign('[')
    const query = parseEvent(cursor)
    cursor.expectSign(']')
    return query
  })
}
