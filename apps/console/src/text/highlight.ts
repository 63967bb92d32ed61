/** A run of a value, and whether the rule's pattern is what it matched. */
export interface HighlightRun {
  readonly text: string
  readonly hit: boolean
}

interface MatchedText {
  /** The event's value as text. */
  readonly value: string
  /** The rule's value, as the rule writes it: wildcards and escapes included. */
  readonly pattern: string
  /** How it was compared, such as `endswith`, `re` or a chain `contains|all`. */
  readonly operator: string
}

interface Span {
  readonly start: number
  readonly end: number
}

/** Runs shown at most; one rarely wants to see more, and a page of them costs time. */
const SPANS_MAX = 50

// Sigma's escape rules: `\*` and `\?` are literal, `\\` is one backslash, other backslashes stand
// alone.
function literalsOf(pattern: string): string[] {
  const literals: string[] = []
  let current = ''
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index)
    const next = pattern.charAt(index + 1)
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      current += next
      index += 1
    } else if (character === '*' || character === '?') {
      literals.push(current)
      current = ''
    } else {
      current += character
    }
  }
  literals.push(current)
  return literals.filter((literal) => literal !== '')
}

/** Finds the literals one after the other, as wildcards between them demand. */
function sequence(value: string, literals: readonly string[], from: number): Span[] | undefined {
  const spans: Span[] = []
  let position = from
  for (const literal of literals) {
    const start = value.indexOf(literal, position)
    if (start < 0) return undefined
    spans.push({ start, end: start + literal.length })
    position = start + literal.length
  }
  return spans
}

function everywhere(value: string, literals: readonly string[]): Span[] {
  const spans: Span[] = []
  let from = 0
  while (spans.length < SPANS_MAX) {
    const found = sequence(value, literals, from)
    const last = found?.at(-1)
    if (found === undefined || last === undefined) break
    spans.push(...found)
    from = last.end
  }
  return spans
}

function atEnd(value: string, literals: readonly string[]): Span[] {
  const last = literals.at(-1)
  if (last === undefined || !value.endsWith(last)) return everywhere(value, literals)
  const before = sequence(value, literals.slice(0, -1), 0) ?? []
  return [...before, { start: value.length - last.length, end: value.length }]
}

/** Lower case that keeps every position: characters whose lower case has another length stay. */
function fold(text: string): string {
  const lower = text.toLowerCase()
  if (lower.length === text.length) return lower
  return Array.from(text)
    .map((c) => (c.toLowerCase().length === c.length ? c.toLowerCase() : c))
    .join('')
}

// Patterns of these kinds say nothing about a part of the value; the engine matched the whole.
const WHOLE: ReadonlySet<string> = new Set([
  're',
  'cidr',
  'exists',
  'lt',
  'lte',
  'gt',
  'gte',
  'fieldref',
  'ne',
])

function spansOf({ value, pattern, operator }: MatchedText): Span[] {
  const steps = operator.toLowerCase().split('|')
  if (steps.some((step) => WHOLE.has(step))) return [{ start: 0, end: value.length }]
  const literals = literalsOf(fold(pattern))
  if (literals.length === 0) return []
  const text = fold(value)
  if (steps.includes('endswith')) return atEnd(text, literals)
  if (steps.includes('startswith')) return sequence(text, literals, 0) ?? []
  return everywhere(text, literals)
}

/**
 * Splits a value into what the rule's pattern matched and the rest.
 *
 * Regular expressions are marked as a whole: running a rule's expression in the browser would give
 * a rule author's backtracking the analyst's screen.
 *
 * @returns Runs that joined are the value. Without a visible hit, one run with `hit` false.
 * @throws  Never.
 * @see     Sigma specification 2.1, value modifiers and escaping.
 */
export function highlight(match: MatchedText): HighlightRun[] {
  const { value } = match
  if (value === '') return []
  const runs: HighlightRun[] = []
  let position = 0
  for (const span of spansOf(match).toSorted((a, b) => a.start - b.start)) {
    if (span.start < position || span.end <= span.start) continue
    if (span.start > position) runs.push({ text: value.slice(position, span.start), hit: false })
    runs.push({ text: value.slice(span.start, span.end), hit: true })
    position = span.end
  }
  if (position < value.length) runs.push({ text: value.slice(position), hit: false })
  return runs
}

/** Splits text at a search term, without case. An empty term hits nothing. */
export function searchRuns({
  text,
  term,
}: {
  readonly text: string
  readonly term: string
}): HighlightRun[] {
  if (term === '') return text === '' ? [] : [{ text, hit: false }]
  return highlight({
    value: text,
    pattern: term.replaceAll(/[\\*?]/g, '\\$&'),
    operator: 'contains',
  })
}
