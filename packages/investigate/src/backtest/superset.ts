import { assertNever, type Expression, type Filter, type Rule, type RuleBody } from '@pomona/rules'
import { CONDITION_VALUES_MAX, type EventCondition } from '@pomona/store'
import {
  conditionSize,
  filterCondition,
  isWithinActions,
  kindCondition,
  some,
} from './condition.ts'

/** Events that a rule set may need to see. */
export interface Superset {
  readonly condition: EventCondition
  /** A rule may ask for the raw record. */
  readonly original: boolean
  /** Rules of which only the kinds of events are asked for, because the whole was too much. */
  readonly widened: number
}

/** Events by which the process tree grows and shrinks, for rules that ask for ancestors. */
const LIVES = ['fork', 'exec', 'exit']

/**
 * Finds which events the rules may need: all that one of their filters could hold for, be it a step
 * of a sequence, an input of a correlation or the subject of a lineage. It may be too many, never
 * too few.
 *
 * @param sizeMax Texts and fields to ask for. Beyond it the largest filters are asked for by the
 *                kinds of their events only. Default what a store takes.
 */
export function supersetOf(rules: readonly Rule[], sizeMax = CONDITION_VALUES_MAX): Superset {
  const filters = rules.flatMap(({ body }) => filtersOf(body))
  const hasLineage = filters.some(({ expression }) => subjectsOf(expression).length > 0)
  // What is read anyway need not be asked for.
  const covered = hasLineage ? LIVES : []
  const lives: EventCondition = {
    kind: 'text',
    field: 'event.action',
    match: 'equals',
    values: covered,
  }
  const parts = filters
    .map(filterCondition)
    .filter((condition) => !isWithinActions(condition, covered))
    .map((condition) => ({ condition, size: conditionSize(condition) }))
    .toSorted((one, other) => other.size - one.size)
  const whole = (): EventCondition =>
    some([...(hasLineage ? [lives] : []), ...parts.map(({ condition }) => condition)])
  let condition = whole()
  let widened = 0
  for (const part of parts) {
    if (conditionSize(condition) <= sizeMax) break
    part.condition = kindCondition(part.condition)
    widened += 1
    condition = whole()
  }
  return { condition, original: JSON.stringify(filters).includes('event.original'), widened }
}

function filtersOf(body: RuleBody): readonly Filter[] {
  switch (body.kind) {
    case 'event':
      return withSubjects(body)
    case 'sequence':
    case 'sample':
    case 'join': {
      const { steps, until } = body
      const all = until === undefined ? steps : [...steps, until]
      return all.flatMap(({ filter }) => withSubjects(filter))
    }
    case 'correlation':
      // Its inputs are rules of the set, or there are none to count.
      return []
    default:
      return assertNever(body)
  }
}

function withSubjects(filter: Filter): readonly Filter[] {
  const subjects = subjectsOf(filter.expression)
  return [filter, ...subjects.flatMap(withSubjects)]
}

function subjectsOf(expression: Expression): readonly Filter[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.flatMap(subjectsOf)
    case 'not':
      return subjectsOf(expression.operand)
    case 'lineage':
      return [expression.subject]
    default:
      return []
  }
}
