import type { BaseQuery, EqlNode, EqlQuery, PipeNode, Term } from './ast.ts'
import { Cursor } from './cursor.ts'
import { DIALECT_TRAITS, EQL_LIMITS, type EqlDialect, type EqlLimits } from './dialect.ts'
import { lexEql } from './lexer.ts'
import { KEYWORDS, parseEvent, parseExpression } from './parse-expression.ts'
import { type EqlProblem, EqlStop } from './stop.ts'

// Grammar of queries, all dialects together:
//   query    := base ("|" name operands)*
//   base     := event | "sequence" (by | span)* term+ ["until" term]
//             | "sample" [by] term+ | "join" [by] term+ ["until" term]
//   event    := (name | string | "any") "where" expression
//   term     := ("[" | "![") event "]" (by | "with" "runs" "=" n | "fork" ["=" truth] | "as" name)*
//   by       := "by" expression ("," expression)*       span := "with" "maxspan" "=" number [unit]
//   operands := [expression (("," | blank) expression)*]

/** A query that was read, or why it cannot be. */
export type EqlParseResult =
  | { readonly ok: true; readonly query: EqlQuery }
  | { readonly ok: false; readonly problem: EqlProblem }

/** How a query is read. */
export interface EqlParseOptions {
  readonly dialect: EqlDialect
  readonly limits?: EqlLimits
}

/**
 * Parses a query.
 *
 * @throws Never; what is wrong, and where, is in the result.
 */
export function parseEql(text: string, options: EqlParseOptions): EqlParseResult {
  const traits = DIALECT_TRAITS[options.dialect]
  const limits = options.limits ?? EQL_LIMITS
  try {
    const cursor = new Cursor(lexEql(text, { traits, limits }), traits, limits)
    const base = parseBase(cursor)
    const pipes = parsePipes(cursor)
    if (cursor.peek().kind !== 'end') throw cursor.unexpected('the end of the query')
    return { ok: true, query: { base, pipes, obsolete: cursor.obsolete } }
  } catch (error) {
    if (!(error instanceof EqlStop)) throw error
    return { ok: false, problem: error.problem }
  }
}

function parseBase(cursor: Cursor): BaseQuery {
  const { offset } = cursor.peek()
  const isEvent = cursor.isWord('where', 1)
  if (!isEvent && cursor.isWord('sequence')) return parseSequence(cursor)
  if (!isEvent && cursor.isWord('sample')) return parseSample(cursor, 'sample')
  if (!isEvent && cursor.isWord('join')) return parseSample(cursor, 'join')
  if (cursor.traits.endgame && cursor.isSign('|')) {
    const condition: EqlNode = { kind: 'literal', value: true, text: 'true', float: false, offset }
    return { kind: 'event', query: { category: 'any', condition, offset }, offset }
  }
  return { kind: 'event', query: parseEvent(cursor), offset }
}

function parseSequence(cursor: Cursor): BaseQuery {
  const { offset } = cursor.next()
  let keys: readonly EqlNode[] = []
  let spanMs: number | undefined
  for (;;) {
    if (cursor.isWord('by') && keys.length === 0) keys = parseKeys(cursor)
    else if (cursor.isWord('with') && spanMs === undefined) spanMs = parseSpan(cursor)
    else break
  }
  const terms = parseTerms(cursor)
  const until = cursor.takeWord('until') ? parseTerm(cursor) : undefined
  return { kind: 'sequence', keys, spanMs, terms, until, offset }
}

function parseSample(cursor: Cursor, kind: 'sample' | 'join'): BaseQuery {
  const { offset } = cursor.next()
  if ((kind === 'join') !== cursor.traits.endgame) {
    const wanted = kind === 'join' ? 'the endgame dialect' : 'Elasticsearch and endpoint'
    throw cursor.foreign(`“${kind}” is of ${wanted}; this query is of another.`, offset)
  }
  const keys = cursor.isWord('by') ? parseKeys(cursor) : []
  const terms = parseTerms(cursor)
  const hasUntil = kind === 'join' && cursor.takeWord('until')
  return { kind, keys, terms, until: hasUntil ? parseTerm(cursor) : undefined, offset }
}

function parseKeys(cursor: Cursor): readonly EqlNode[] {
  cursor.next()
  const keys = [parseExpression(cursor)]
  while (cursor.takeSign(',')) keys.push(parseExpression(cursor))
  if (keys.length > cursor.limits.keysMax) {
    const message = `More than ${cursor.limits.keysMax} join keys.`
    throw new EqlStop('ERR_RULE_TOO_LARGE', message, cursor.peek().offset)
  }
  return keys
}

const UNITS_MS: Readonly<Record<string, number>> = {
  nanos: 1e-6,
  micros: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
/** Longer names the endgame dialect has: `5 minutes`. */
const UNITS_ENDGAME: readonly (readonly [start: string, ms: number])[] = [
  ['second', 1_000],
  ['sec', 1_000],
  ['minute', 60_000],
  ['min', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
]
const SPAN_MS_MAX = 366 * 86_400_000

function parseSpan(cursor: Cursor): number {
  cursor.next()
  if (!cursor.takeWord('maxspan')) throw cursor.unexpected('“maxspan”')
  expectAssign(cursor)
  const token = cursor.peek()
  if (token.kind !== 'number') throw cursor.unexpected('a number with its unit, such as 30s')
  cursor.next()
  const unit = cursor.peek()
  let unitMs: number | undefined = UNITS_MS['s']
  if (unit.kind === 'name' && (cursor.isAdjacent || !KEYWORDS.has(unit.text))) {
    unitMs = unitOf(cursor, unit.text)
    if (unitMs === undefined) throw cursor.unexpected('one of the units ms, s, m, h, d')
    cursor.next()
  } else if (!cursor.traits.endgame) throw cursor.unexpected('one of the units ms, s, m, h, d')
  const spanMs = token.value * (unitMs ?? 1)
  if (spanMs > 0 && spanMs <= SPAN_MS_MAX) return spanMs
  const message = 'maxspan must be more than nothing and at most 366 days.'
  throw new EqlStop('ERR_RULE_SEQUENCE', message, token.offset)
}

function unitOf({ traits }: Cursor, unit: string): number | undefined {
  if (Object.hasOwn(UNITS_MS, unit)) return UNITS_MS[unit]
  if (!traits.endgame) return undefined
  return UNITS_ENDGAME.find(([start]) => unit === start || unit === `${start}s`)?.[1]
}

function expectAssign(cursor: Cursor): void {
  if (cursor.takeSign('=') || (cursor.traits.endgame && cursor.takeSign('=='))) return
  throw cursor.unexpected('“=”')
}

function parseTerms(cursor: Cursor): readonly Term[] {
  const terms: Term[] = []
  while (cursor.isSign('[') || cursor.isSign('![')) {
    terms.push(parseTerm(cursor))
    if (terms.length > cursor.limits.stepsMax) {
      const message = `More than ${cursor.limits.stepsMax} steps.`
      throw new EqlStop('ERR_RULE_TOO_LARGE', message, cursor.peek().offset)
    }
  }
  if (terms.length === 0) throw cursor.unexpected('“[”')
  return terms
}

function parseTerm(cursor: Cursor): Term {
  const { offset } = cursor.peek()
  const missing = cursor.takeSign('![')
  if (missing && !cursor.traits.missingEvents) {
    throw cursor.foreign('Missing events are not of the endgame dialect.', offset)
  }
  if (!missing) cursor.expectSign('[')
  const query = cursor.nested(() => parseEvent(cursor))
  cursor.expectSign(']')
  let keys: readonly EqlNode[] = []
  let runs = 1
  let fork = false
  let alias: string | undefined
  for (;;) {
    if (cursor.isWord('by') && keys.length === 0) keys = parseKeys(cursor)
    else if (cursor.isWord('with')) runs = parseRuns(cursor)
    else if (cursor.isWord('fork')) fork = parseFork(cursor)
    else if (cursor.isWord('as')) alias = parseAlias(cursor)
    else return { query, missing, keys, runs, fork, alias, offset }
  }
}

const RUNS_MAX = 100

function parseRuns(cursor: Cursor): number {
  const { offset } = cursor.next()
  if (!cursor.takeWord('runs')) throw cursor.unexpected('“runs”')
  if (!cursor.traits.missingEvents) {
    throw cursor.foreign('“with runs” is not of the endgame dialect.', offset)
  }
  expectAssign(cursor)
  const token = cursor.next()
  const isCount = token.kind === 'number' && Number.isInteger(token.value)
  if (isCount && token.value >= 1 && token.value <= RUNS_MAX) return token.value
  const message = `runs must be a whole number from 1 to ${RUNS_MAX}.`
  throw new EqlStop('ERR_RULE_SEQUENCE', message, token.offset)
}

function parseFork(cursor: Cursor): boolean {
  const { offset } = cursor.next()
  if (!cursor.traits.endgame) throw cursor.foreign('“fork” is of the endgame dialect.', offset)
  if (!cursor.takeSign('=') && !cursor.takeSign('==')) return true
  if (cursor.takeWord('true')) return true
  if (cursor.takeWord('false')) return false
  throw cursor.unexpected('true or false')
}

function parseAlias(cursor: Cursor): string {
  const { offset } = cursor.next()
  if (!cursor.traits.aliases) throw cursor.foreign('“as” is of the endpoint dialect.', offset)
  const token = cursor.peek()
  if (token.kind !== 'name' || KEYWORDS.has(token.text)) throw cursor.unexpected('a name')
  return cursor.next().text
}

function parsePipes(cursor: Cursor): readonly PipeNode[] {
  const pipes: PipeNode[] = []
  while (cursor.takeSign('|')) {
    const { kind, text: name, offset } = cursor.peek()
    if (kind !== 'name') throw cursor.unexpected('a pipe')
    cursor.next()
    if (pipes.length >= cursor.limits.pipesMax) {
      const message = `More than ${cursor.limits.pipesMax} pipes.`
      throw new EqlStop('ERR_RULE_TOO_LARGE', message, offset)
    }
    pipes.push({ name, operands: parseOperands(cursor), offset })
  }
  return pipes
}

function parseOperands(cursor: Cursor): readonly EqlNode[] {
  const operands: EqlNode[] = []
  while (!cursor.isSign('|') && cursor.peek().kind !== 'end') {
    operands.push(parseExpression(cursor))
    // The endgame dialect lets a blank stand for the comma: `unique user_name pid`.
    const isMore = cursor.takeSign(',') || cursor.traits.endgame
    if (!isMore) break
  }
  return operands
}
