import type { Expression, Test } from '@pomona/rules'
import { segmentsOf } from '../pattern.ts'

/** A leaf of an expression. */
export type Leaf = Exclude<Expression, { readonly kind: 'and' | 'or' | 'not' | 'constant' }>

/** The leaves of an expression, in order. */
export function* leavesOf(expression: Expression): Generator<Leaf> {
  switch (expression.kind) {
    case 'and':
    case 'or':
      for (const operand of expression.operands) yield* leavesOf(operand)
      break
    case 'not':
      yield* leavesOf(expression.operand)
      break
    case 'constant':
      break
    default:
      yield expression
  }
}

type PatternTest = Extract<Test, { readonly kind: 'pattern' }>

/** Where a text has to be in the one searched. */
export type Place = 'whole' | 'prefix' | 'suffix' | 'inside'

/** A text and where it has to be. */
export interface PlacedText {
  readonly place: Place
  readonly text: string
}

/** What a leaf says when it is no more than a text in a field. */
export interface PlainLeaf extends PlacedText {
  /** Absent when any text of the event will do. */
  readonly field: string | undefined
  /** Compared as it is; else the text is folded and compared with folded ones. */
  readonly cased: boolean
}

/** A leaf that is no more than one text in one place, which is what most leaves are. */
export function plainLeaf(leaf: Leaf): PlainLeaf | undefined {
  if (leaf.kind === 'test' && leaf.predicate.test.kind === 'pattern') {
    const { field, test } = leaf.predicate
    const placed = placedText(test)
    return placed === undefined ? undefined : { field, cased: test.cased, ...placed }
  }
  if (leaf.kind !== 'keyword' || leaf.keyword.test.kind !== 'pattern') return undefined
  const placed = placedText(leaf.keyword.test)
  // Texts of an event are searched together, folded, with a NUL between them.
  const isInside = placed?.place === 'inside' && !placed.text.includes('\0')
  if (!isInside || leaf.keyword.test.cased) return undefined
  return { field: undefined, cased: false, ...placed }
}

function placedText({ pattern, cased }: PatternTest): PlacedText | undefined {
  const [first, second, third, ...more] = segmentsOf(pattern, cased)
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
    const { place, field, text, cased } = plain
    // With its length before it, no field can pass for the beginning of a text.
    return `${place} ${cased} ${field?.length ?? ''} ${field ?? ''} ${text}`
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
