/**
 * A part of a pattern: text to find as it stands, or a wildcard. `*` is any number of characters,
 * none included; `?` is exactly one.
 */
export type PatternPart = { readonly text: string } | { readonly wildcard: '*' | '?' }

/** A pattern without its language's escaping, so that every rule language can share it. */
export type Pattern = readonly PatternPart[]

/** Numeric comparisons. */
export type Comparison = 'lt' | 'lte' | 'gt' | 'gte' | 'eq'

/** Parts of a timestamp a rule can ask for; `week` is the ISO 8601 week. */
export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'

/** Where in the other field's value the text has to be. */
export type Affix = 'whole' | 'prefix' | 'suffix' | 'inside'

/**
 * What is asked of one value. All hold for an array when any element satisfies them, and none but
 * `absent` and `exists: false` holds for an absent field.
 */
export type Test =
  /** The value, as text, is the pattern. Without `cased` both sides are lower-cased. */
  | { readonly kind: 'pattern'; readonly pattern: Pattern; readonly cased: boolean }
  /** Equal as number, or as the text the rule writes. */
  | { readonly kind: 'number'; readonly value: number; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** RE2 syntax, found anywhere in the value. Flags as in `(?ims)`. */
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string }
  | { readonly kind: 'cidr'; readonly network: string }
  /** No value, or null. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'exists'; readonly value: boolean }
  | { readonly kind: 'compare'; readonly comparison: Comparison; readonly value: number }
  | {
      readonly kind: 'time'
      readonly part: TimePart
      readonly comparison: Comparison
      readonly value: number
    }
  /** Compared with another field of the same event. */
  | {
      readonly kind: 'field'
      readonly other: string
      readonly affix: Affix
      readonly cased: boolean
    }

/** A question about one field of an event. */
export interface Predicate {
  /** Name by which the event is asked. */
  readonly field: string
  /** Name the rule writes. */
  readonly written: string
  readonly test: Test
  /** The operator as the rule's author reads it, such as `endswith` or `re`. */
  readonly operator: string
  /** The value as the rule writes it. */
  readonly value: string
}

/** A search over all values of an event, without a field. */
export interface Keyword {
  readonly test: Extract<Test, { readonly kind: 'pattern' | 'regex' }>
  readonly operator: string
  readonly value: string
}
