import { parseNetwork } from '../network.ts'
import { compileRegex } from '../regex.ts'
import type { Pattern, PatternPart, Test } from '../value-test.ts'

/** Whether a text holds `*` or `?`, so that it is a pattern where patterns are read. */
export function hasWildcard(text: string): boolean {
  return text.includes('*') || text.includes('?')
}

/** Reads a text with wildcards. Nothing escapes them: EQL has no way to write a literal `*`. */
export function wildcardPattern(text: string): Pattern {
  const parts: PatternPart[] = []
  for (const piece of text.split(/([*?])/)) {
    if (piece === '*' || piece === '?') parts.push({ wildcard: piece })
    else if (piece !== '') parts.push({ text: piece })
  }
  return parts
}

/** A pattern that is one text as it stands. */
export function plainPattern(text: string): Pattern {
  return text === '' ? [] : [{ text }]
}

/** A test, or why a text cannot be one. */
export type TestResult =
  | { readonly ok: true; readonly test: Test }
  | { readonly ok: false; readonly message: string }

/** How an expression has to lie in a value: all of it, or from its start. */
export type RegexExtent = 'whole' | 'prefix'

/** A regular expression as a query has it. */
export interface QueryRegex {
  readonly source: string
  readonly extent: RegexExtent
  readonly folded: boolean
}

/**
 * Brings an expression to the form tests have: RE2, found anywhere. `.` is any character, line
 * ends included.
 *
 * @see Elasticsearch, EQL syntax, `regex`: the expression has to fit the whole value.
 */
export function regexTest({ source, extent, folded }: QueryRegex): TestResult {
  const anchored = `^(?:${source})${extent === 'whole' ? '$' : ''}`
  const flags = folded ? 'is' : 's'
  // The expression alone, lest one parenthesis of it closes ours.
  const alone = compileRegex({ source, flags })
  if (!alone.ok) return alone
  const compiled = compileRegex({ source: anchored, flags })
  if (!compiled.ok) return compiled
  return { ok: true, test: { kind: 'regex', source: anchored, flags } }
}

/** A test on addresses; blanks around the network do not count. */
export function cidrTest(text: string): TestResult {
  const network = text.trim()
  if (parseNetwork(network) === undefined) {
    return { ok: false, message: `“${text}” is no network, such as 10.0.0.0/8.` }
  }
  return { ok: true, test: { kind: 'cidr', network } }
}
