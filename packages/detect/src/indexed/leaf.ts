import type { Expression, Test } from '@pomona/rules'
import { segmentsOf } from '../pattern.ts'

/** A leaf of an expression. */
export type Leaf = Exclude<Expression, { readonly kind: 'and' | 'or' | 'not' | 'constant' }>

type PatternTest = Extract<Test, { readonly kind: 'pattern' }>

/** Where a text has to be in the one searched. */
export type Place = 'whole' | 'prefix' | 'suffix' | 'inside'

/** A text, folded, and where it has to be. */
export interface PlacedText {
  readonly place: Place
  readonly text: string
}

/** What a leaf says when it is no more than a text in a field, compared without case. */
export interface PlainLeaf extends PlacedText {
  /** Absent when any text of the event will do. */
  readonly field: string | undefined
}

/** A leaf that is no more than one text in one place, which is what most leaves are. */
export function plainLeaf(leaf: Leaf): PlainLeaf | undefined {
  if (leaf.kind === 'test' && leaf.predicate.test.kind === 'pattern') {
    const placed = placedText(leaf.predicate.test)
    return placed === undefined ? undefined : { field: leaf.predicate.field, ...placed }
  }
  if (leaf.kind !== 'keyword' || leaf.keyword.test.kind !== 'pattern') return undefined
  const placed = placedText(leaf.keyword.test)
  // Texts of an event are searched together, with a NUL between them.
  const isPlain = placed?.place === 'inside' && !placed.text.includes('\0')
  return isPlain ? { field: undefined, ...placed } : undefined
}

function placedText({ pattern, cased }: PatternTest): PlacedText | undefined {
  if (cased) return undefined
  const [first, second, third, ...more] = segmentsOf(pattern, false)
  if (typeof first !== 'string' || more.length > 0) return undefined
  if (second === undefined) return { place: 'whole', text: first }
  if (first !== '') {
    return second === '' && third === undefined ? { place: 'prefix', text: first } : undefined
  }
  if (typeof second !== 'string' || second === '') return undefined
  if (third === undefined) return { place: 'suffix', text: second }
  return third === '' ? { place: 'inside', text: second } : undefined
}

/**
 * The same for leaves that hold for the same events. Where a rule names a leaf, and how it writes
 * it, is not in it.
 */
export function leafKey(leaf: Leaf): string {
  const plain = plainLeaf(leaf)
  if (plain !== undefined) {
    const { place, field, text } = plain
    // With its length before it, no field can pass for the beginning of a text.
    return `${place} ${field?.length ?? ''} ${field ?? ''} ${text}`
  }
  if (leaf.kind === 'test') {
    const { field, test } = leaf.predicate
    return JSON.stringify([field, test.kind === 'pattern' ? patternKey(test) : test])
  }
  if (leaf.kind === 'keyword') {
    const { test } = leaf.keyword
    return JSON.stringify([test.kind === 'pattern' ? patternKey(test) : test])
  }
  const { selection: _selection, at: _at, ...meaning } = leaf
  return JSON.stringify(meaning)
}

function patternKey({ pattern, cased }: PatternTest): unknown {
  return [cased, ...segmentsOf(pattern, cased)]
}
