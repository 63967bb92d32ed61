import { foldCase, type Pattern, type Test } from '@pomona/rules'
import { compileValueTest } from '../value-test.ts'

/** Whether something holds for none, all, or some of the events in question. */
export type Truth = 'never' | 'always' | 'maybe'

/** What is known of the values of a field: one of the patterns, or none of them. */
export interface KnownValues {
  /** Whole values, or beginnings that end in `*`. */
  readonly patterns: readonly string[]
  readonly isOneOf: boolean
}

/** Whether a test holds for the values of which that is known; the field has one. */
export function truthOf(test: Test, known: KnownValues): Truth {
  if (test.kind === 'absent') return known.isOneOf ? 'never' : 'maybe'
  if (test.kind === 'exists') {
    if (!known.isOneOf) return 'maybe'
    return test.value ? 'always' : 'never'
  }
  if (test.kind === 'field') return 'maybe'
  if (!known.isOneOf) return truthOutside(test, known.patterns)
  return every(known.patterns.map((pattern) => truthInside(test, pattern)))
}

/** What holds of several cases alike. */
function every(truths: readonly Truth[]): Truth {
  const [first = 'maybe'] = truths
  return truths.every((truth) => truth === first) ? first : 'maybe'
}

type SingleTest = Exclude<Test, { kind: 'absent' | 'exists' | 'field' }>

function truthInside(test: SingleTest, pattern: string): Truth {
  if (!pattern.endsWith('*')) return compileValueTest(test)(pattern) ? 'always' : 'never'
  return test.kind === 'pattern' ? truthOfBeginning(test, pattern.slice(0, -1)) : 'maybe'
}

// Of values that are none of the patterns a test can only be known to hold for none: when all that
// it holds for begins as one of them does. Without case it also holds for other spellings.
function truthOutside(test: SingleTest, patterns: readonly string[]): Truth {
  if (test.kind !== 'pattern' || !test.cased) return 'maybe'
  const [first, ...rest] = test.pattern
  const head = first !== undefined && 'text' in first ? first.text : ''
  const isWhole = rest.length === 0
  const isCovered = patterns.some((pattern) =>
    pattern.endsWith('*') ? head.startsWith(pattern.slice(0, -1)) : isWhole && head === pattern,
  )
  return isCovered ? 'never' : 'maybe'
}

type Sign = { readonly character: string } | { readonly wildcard: '*' | '?' }

function signsOf(pattern: Pattern, isCased: boolean): readonly Sign[] {
  return pattern.flatMap((part): readonly Sign[] => {
    if ('wildcard' in part) return [{ wildcard: part.wildcard }]
    const text = isCased ? part.text : foldCase(part.text)
    return Array.from(text, (character) => ({ character }))
  })
}

/**
 * Whether a pattern holds for texts that begin so: for none, when it cannot be at any place of its
 * own after the beginning; for all, when a `*` is all that is left of it.
 */
function truthOfBeginning(
  { pattern, cased }: Extract<Test, { kind: 'pattern' }>,
  beginning: string,
): Truth {
  const signs = signsOf(pattern, cased)
  let places = skipped(signs, new Set([0]))
  for (const character of cased ? beginning : foldCase(beginning)) {
    const next = new Set<number>()
    for (const place of places) {
      const sign = signs[place]
      if (sign === undefined) continue
      if ('wildcard' in sign) next.add(sign.wildcard === '*' ? place : place + 1)
      else if (sign.character === character) next.add(place + 1)
    }
    places = skipped(signs, next)
  }
  if (places.size === 0) return 'never'
  // Only the last sign can be at a place and leave nothing to come after it.
  const last = signs.at(-1)
  const isOpen = last !== undefined && 'wildcard' in last && last.wildcard === '*'
  return isOpen && places.has(signs.length - 1) ? 'always' : 'maybe'
}

// A `*` may stand for nothing.
function skipped(signs: readonly Sign[], places: ReadonlySet<number>): ReadonlySet<number> {
  const all = new Set(places)
  for (const place of all) {
    const sign = signs[place]
    if (sign !== undefined && 'wildcard' in sign && sign.wildcard === '*') all.add(place + 1)
  }
  return all
}
