import { assertNever, type Expression, type Predicate, type Test } from '@pomona/rules'
import { foldCase } from '../fold.ts'
import { type Segment, segmentsOf } from '../pattern.ts'
import type { Leaf } from './leaf.ts'
import { regexLiterals } from './regex-literals.ts'

/** Stands for the field in atoms about any text of the event. */
export const ANY_FIELD = -1

/** Something that can be seen on an event at once, without asking each filter. */
export interface Atom {
  /**
   * Where the text has to be in the value, folded; `number`: the value is this number; `present`:
   * there is a value.
   */
  readonly kind: 'whole' | 'prefix' | 'suffix' | 'inside' | 'number' | 'present'
  readonly slot: number
  readonly text: string
  /** The predicates that hold when the atom is seen; none when there is more to them. */
  readonly implied: readonly number[]
  /** The value is searched with `ſ` replaced by `s`, as expressions without case see it. */
  readonly isRegex: boolean
}

/** Atoms of which an event must show at least one for the filter to hold. */
export interface Witness {
  readonly atoms: readonly Atom[]
  /** How often an event may be expected to show one: a figure for ordering, no probability. */
  readonly frequency: number
}

/** What {@link witnessOf} needs to know about fields and predicates. */
export interface WitnessContext {
  readonly slotOf: (field: string) => number
  readonly impliedBy: (leaf: Leaf) => readonly number[]
  /** The share of filters that ask for a leaf. */
  readonly popularityOf: (leaf: Leaf) => number
}

/** More alternatives cost more to index than they spare. */
const ATOMS_MAX = 100_000

/** What one filter in so many names counts as much as a value that every event has. */
const POPULARITY_WEIGHT = 4

/** Alternatives exclude each other, and long lists of names are lists of rare ones. */
const ALTERNATIVE_WEIGHT = 0.1

const NONE: readonly number[] = []
const NOTHING: Witness = { atoms: [], frequency: 0 }

/**
 * Finds what an event has to show for an expression to hold: of an AND the rarest part, of an OR
 * all parts together, of a NOT nothing, because what is missing cannot be seen. It may only weaken:
 * an event on which the expression holds always shows an atom.
 *
 * @returns `undefined` when the expression may hold on events that show nothing.
 */
export function witnessOf(expression: Expression, context: WitnessContext): Witness | undefined {
  return witness({ expression, isNegated: false }, context)
}

interface Part {
  readonly expression: Expression
  readonly isNegated: boolean
}

function witness({ expression, isNegated }: Part, context: WitnessContext): Witness | undefined {
  switch (expression.kind) {
    case 'constant':
      return expression.value === isNegated ? NOTHING : undefined
    case 'not':
      return witness({ expression: expression.operand, isNegated: !isNegated }, context)
    case 'and':
    case 'or': {
      const parts = expression.operands.map((operand) => {
        return witness({ expression: operand, isNegated }, context)
      })
      // A negated AND holds when one of its parts does not.
      return (expression.kind === 'and') === isNegated ? anyOf(parts) : rarestOf(parts)
    }
    case 'test': {
      if (isNegated) return denied(expression.predicate, context)
      const found = shown(expression, context)
      if (found === undefined) return undefined
      const popularity = context.popularityOf(expression) * POPULARITY_WEIGHT
      return { atoms: found.atoms, frequency: found.frequency + popularity }
    }
    case 'keyword': {
      if (isNegated) return undefined
      const { test } = expression.keyword
      const found =
        test.kind === 'regex'
          ? regexWitness(test.source, ANY_FIELD)
          : patternWitness(test, { slot: ANY_FIELD, implied: context.impliedBy(expression) })
      // Some text is in every event; one that holds a NUL cannot be told in texts put together.
      const isSeen = found.atoms.every(
        ({ kind, text }) => kind !== 'present' && !text.includes('\0'),
      )
      return isSeen ? found : undefined
    }
    // What they ask for is not on the event, or not in one place.
    case 'formula':
    case 'lineage':
      return undefined
    default:
      return assertNever(expression)
  }
}

function rarestOf(parts: readonly (Witness | undefined)[]): Witness | undefined {
  let rarest: Witness | undefined
  for (const part of parts) {
    if (part === undefined) continue
    if (rarest === undefined || part.frequency < rarest.frequency) rarest = part
  }
  return rarest
}

function anyOf(parts: readonly (Witness | undefined)[]): Witness | undefined {
  const atoms: Atom[] = []
  let sum = 0
  let most = 0
  for (const part of parts) {
    if (part === undefined) return undefined
    atoms.push(...part.atoms)
    sum += part.frequency
    most = Math.max(most, part.frequency)
    if (atoms.length > ATOMS_MAX) return undefined
  }
  return { atoms, frequency: most + (sum - most) * ALTERNATIVE_WEIGHT }
}

/** Not being absent, or not lacking, is being there. */
function denied({ field, test }: Predicate, context: WitnessContext): Witness | undefined {
  const isPresence = test.kind === 'absent' || (test.kind === 'exists' && !test.value)
  return isPresence ? presence(context.slotOf(field)) : undefined
}

function shown(
  leaf: Extract<Expression, { readonly kind: 'test' }>,
  context: WitnessContext,
): Witness | undefined {
  const { field, test } = leaf.predicate
  const slot = context.slotOf(field)
  switch (test.kind) {
    case 'absent':
      return undefined
    case 'exists':
      return test.value ? presence(slot) : undefined
    case 'pattern':
      return patternWitness(test, { slot, implied: context.impliedBy(leaf) })
    case 'number': {
      const number = { kind: 'number', slot, implied: NONE, isRegex: false } as const
      return {
        atoms: [{ ...number, text: String(test.value) }, ...written(test, slot)],
        frequency: 0.05,
      }
    }
    case 'boolean':
      return single({
        kind: 'whole',
        slot,
        text: String(test.value),
        implied: NONE,
        isRegex: false,
      })
    case 'regex':
      return regexWitness(test.source, slot)
    case 'cidr':
    case 'compare':
    case 'time':
    case 'field':
      return presence(slot)
    default:
      return assertNever(test)
  }
}

// A number too long to be held exactly is equal as it is written, and so is `007`.
function written({ text }: Extract<Test, { kind: 'number' }>, slot: number): readonly Atom[] {
  return [{ kind: 'whole', slot, text: foldCase(text), implied: NONE, isRegex: false }]
}

function presence(slot: number): Witness {
  const atom = { kind: 'present', slot, text: '', implied: NONE, isRegex: false } as const
  return { atoms: [atom], frequency: 1 }
}

function regexWitness(source: string, slot: number): Witness {
  const literals = regexLiterals(source)
  if (literals === undefined) return presence(slot)
  const atoms = literals.map((text): Atom => {
    return { kind: 'inside', slot, text, implied: NONE, isRegex: true }
  })
  return { atoms, frequency: atoms.reduce((sum, atom) => sum + frequencyOf(atom), 0) }
}

interface Place {
  readonly slot: number
  readonly implied: readonly number[]
}

function patternWitness(
  { pattern, cased }: Extract<Test, { kind: 'pattern' }>,
  { slot, implied }: Place,
): Witness {
  // Atoms are about folded text; folding a text that is there keeps it there.
  const segments = segmentsOf(pattern, false)
  // The pattern of which an atom is all there is to say.
  const isAll = !cased && segments.filter((segment) => segment !== '').length === 1
  let best: Witness | undefined
  for (const [index, segment] of segments.entries()) {
    const ends = { isFirst: index === 0, isLast: index === segments.length - 1 }
    for (const { text, kind } of textsOf(segment, ends)) {
      const known = isAll && typeof segment === 'string' ? implied : NONE
      const found = single({ kind, slot, text, implied: known, isRegex: false })
      if (best === undefined || found.frequency < best.frequency) best = found
    }
  }
  return best ?? presence(slot)
}

interface Ends {
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** The texts of a segment with what is known about their place. */
function textsOf(segment: Segment, { isFirst, isLast }: Ends): Pick<Atom, 'text' | 'kind'>[] {
  const kindOf = (starts: boolean, ends: boolean): Atom['kind'] => {
    if (starts && ends) return 'whole'
    if (starts) return 'prefix'
    return ends ? 'suffix' : 'inside'
  }
  if (typeof segment === 'string') {
    const kind = kindOf(isFirst, isLast)
    return segment === '' && kind !== 'whole' ? [] : [{ text: segment, kind }]
  }
  const runs: Pick<Atom, 'text' | 'kind'>[] = []
  let from = 0
  for (let at = 0; at <= segment.length; at += 1) {
    if (at < segment.length && segment[at] !== null) continue
    const text = segment.slice(from, at).join('')
    const kind = kindOf(isFirst && from === 0, isLast && at === segment.length)
    if (text !== '') runs.push({ text, kind })
    from = at + 1
  }
  return runs
}

function single(atom: Atom): Witness {
  return { atoms: [atom], frequency: frequencyOf(atom) }
}

const ANCHORED: Readonly<Record<Atom['kind'], number>> = {
  whole: 0.1,
  prefix: 0.5,
  suffix: 0.2,
  inside: 1,
  number: 1,
  present: 1,
}

/** A guess: longer texts are rarer, and so are texts in a given place. */
function frequencyOf({ kind, text }: Atom): number {
  return ANCHORED[kind] * Math.max(1e-6, 0.5 ** (text.length / 1.5))
}
