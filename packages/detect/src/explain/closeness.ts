import { assertNever, type Expression, type Filter, unparse } from '@pomona/rules'
import { compileCondition } from '../condition.ts'
import type { EventView } from '../event-view.ts'
import { actionOf, admits, compileGate } from '../gate.ts'
import { textOf } from '../value-test.ts'

/** A predicate that would have had to come out otherwise. */
export interface FailedPredicate {
  /** Name of the search identifier or step; empty for the gate. */
  readonly selection: string
  /** Empty for a keyword. */
  readonly field: string
  readonly operator: string
  /** What the rule asks for; of alternatives the first ones. */
  readonly wanted: readonly string[]
  /** Alternatives left out of `wanted`. */
  readonly wantedMore: number
  /** What the event has, as text; absent when it has nothing there. */
  readonly seen?: string
  /** The predicate held, and stands under a `not`. */
  readonly negated: boolean
}

/** How far a filter is from holding for one event. */
export interface Distance {
  /** Predicates that would have to come out otherwise; 0 when it holds. */
  readonly missed: number
  /** Predicates on the way that came out as they should. */
  readonly held: number
  /** The missed ones, at most {@link FAILURES_MAX}. */
  readonly failures: readonly FailedPredicate[]
}

/** Failed predicates told of one event. */
export const FAILURES_MAX = 8
const WANTED_MAX = 5
const SEEN_CHARS_MAX = 300

/** Measures the distance of events to one filter. The view is turned to the event before. */
export type Ruler = (view: EventView, document: object) => Distance

const NONE: readonly FailedPredicate[] = []

/**
 * Prepares a filter for measuring.
 *
 * Of `and` all operands count, of `or` the one that is nearest; a `not` asks how far its operand is
 * from failing.
 */
export function compileRuler({ gate, expression }: Filter, view: EventView): Ruler {
  const measure = compileMeasure(expression, { view, negated: false })
  const checks = compileGate(gate)
  const actions = [...new Set(gate.events.map(({ action }) => action))]
  return (event, document) => {
    const inner = measure(event)
    if (actions.length === 0) return inner
    const action = actionOf(document)
    const isAction = actions.some((one) => one === action)
    if (isAction && (checks === undefined || admits(checks, { document, action }))) {
      return { ...inner, held: inner.held + 1 }
    }
    const failure: FailedPredicate = {
      selection: '',
      field: 'event.action',
      operator: isAction ? 'with the values of the logsource' : 'is one of',
      ...wantedOf(actions),
      ...seenOf(action),
      negated: false,
    }
    const failures = [failure, ...inner.failures].slice(0, FAILURES_MAX)
    return { missed: inner.missed + 1, held: inner.held, failures }
  }
}

type Measure = (view: EventView) => Distance

interface Polarity {
  readonly view: EventView
  readonly negated: boolean
}

function compileMeasure(expression: Expression, polarity: Polarity): Measure {
  const { negated } = polarity
  switch (expression.kind) {
    case 'not':
      return compileMeasure(expression.operand, { ...polarity, negated: !negated })
    case 'and':
    case 'or': {
      const operands = expression.operands.map((one) => compileMeasure(one, polarity))
      return (expression.kind === 'and') === negated ? nearest(operands) : sum(operands)
    }
    case 'constant': {
      const holds = expression.value !== negated
      return () => ({ missed: holds ? 0 : 1, held: 0, failures: NONE })
    }
    case 'test':
    case 'keyword':
    case 'formula':
    case 'lineage':
      return leaf(expression, polarity)
    default:
      return assertNever(expression)
  }
}

function sum(operands: readonly Measure[]): Measure {
  return (view) => {
    let missed = 0
    let held = 0
    const failures: FailedPredicate[] = []
    for (const operand of operands) {
      const part = operand(view)
      missed += part.missed
      held += part.held
      failures.push(...part.failures.slice(0, FAILURES_MAX - failures.length))
    }
    return { missed, held, failures }
  }
}

function nearest(operands: readonly Measure[]): Measure {
  return (view) => {
    let best: Distance | undefined
    const rivals: Distance[] = []
    for (const operand of operands) {
      const part = operand(view)
      if (part.missed === 0) return part
      if (part.missed === 1) rivals.push(part)
      const isNearer = best === undefined || part.missed < best.missed
      if (isNearer || (part.missed === best?.missed && part.held > best.held)) best = part
    }
    if (best === undefined) return { missed: 1, held: 0, failures: NONE }
    return best.missed === 1 ? { ...best, failures: alternatives(best, rivals) } : best
  }
}

/** Tells the values of a list together: each alone would be as near. */
function alternatives(best: Distance, rivals: readonly Distance[]): readonly FailedPredicate[] {
  const [first] = best.failures
  if (first === undefined || first.negated) return best.failures
  const same = rivals
    .flatMap(({ failures }) => failures)
    .filter(({ field, operator, negated }) => {
      return field === first.field && operator === first.operator && !negated
    })
  const wanted = [...new Set(same.flatMap((one) => one.wanted))]
  const more = same.reduce((total, { wantedMore }) => total + wantedMore, 0)
  const told = wantedOf(wanted)
  return [{ ...first, ...told, wantedMore: told.wantedMore + more }]
}

type Leaf = Extract<Expression, { kind: 'test' | 'keyword' | 'formula' | 'lineage' }>

function leaf(expression: Leaf, { view, negated }: Polarity): Measure {
  const condition = compileCondition(expression, view)
  const seen = seenBy(expression, view)
  const { selection } = expression
  const asked = askedOf(expression)
  return (event) => {
    if (condition.holds(event) !== negated) return { missed: 0, held: 1, failures: NONE }
    return {
      missed: 1,
      held: 0,
      failures: [{ selection, ...asked, ...seen(event), negated }],
    }
  }
}

type Asked = Pick<FailedPredicate, 'field' | 'operator' | 'wanted' | 'wantedMore'>

function askedOf(expression: Leaf): Asked {
  switch (expression.kind) {
    case 'test': {
      const { field, operator, value } = expression.predicate
      return { field, operator, ...wantedOf([value]) }
    }
    case 'keyword':
      return {
        field: '',
        operator: expression.keyword.operator,
        ...wantedOf([expression.keyword.value]),
      }
    case 'formula':
      return { field: '', operator: 'formula', ...wantedOf([unparse(expression, SEEN_CHARS_MAX)]) }
    case 'lineage':
      return { field: '', operator: 'lineage', ...wantedOf([unparse(expression, SEEN_CHARS_MAX)]) }
    default:
      return assertNever(expression)
  }
}

type Seen = Pick<FailedPredicate, 'seen'>

function seenBy(expression: Leaf, view: EventView): (view: EventView) => Seen {
  if (expression.kind !== 'test') return () => ({})
  const index = view.indexOf(expression.predicate.field)
  return (event) => seenOf(event.value(index))
}

function seenOf(value: unknown): Seen {
  if (value === undefined) return {}
  const text = textOf(value) ?? JSON.stringify(value)
  return {
    seen: text.length > SEEN_CHARS_MAX ? `${text.slice(0, SEEN_CHARS_MAX)}…` : text,
  }
}

function wantedOf(values: readonly string[]): Pick<FailedPredicate, 'wanted' | 'wantedMore'> {
  const wanted = values.slice(0, WANTED_MAX)
  return { wanted, wantedMore: values.length - wanted.length }
}
