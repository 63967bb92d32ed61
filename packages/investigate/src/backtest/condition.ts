import { foldCase, regexLiterals } from '@pomona/detect'
import {
  assertNever,
  type Expression,
  type Filter,
  type Formula,
  type Gate,
  type Pattern,
  type Predicate,
} from '@pomona/rules'
import type { EventCondition, TextMatch } from '@pomona/store'

const TRUE: EventCondition = { kind: 'constant', value: true }
const FALSE: EventCondition = { kind: 'constant', value: false }

/**
 * What an event needs, at least, for a filter to hold for it. Whatever a store cannot be asked is
 * taken to hold, so that no event is missed that the engine would match.
 */
export function filterCondition({ gate, expression }: Filter): EventCondition {
  return every([gateCondition(gate), expressionCondition(expression, true)])
}

/** What an event needs for a gate to let it through. */
function gateCondition({ events }: Gate): EventCondition {
  if (events.length === 0) return TRUE
  return some(
    events.map(({ action, equals }) =>
      every([
        text('event.action', 'equals', [action]),
        ...Object.entries(equals).map(([field, value]) => valueCondition(field, value)),
      ]),
    ),
  )
}

function valueCondition(field: string, value: string | number | boolean): EventCondition {
  if (typeof value === 'string') return text(field, 'equals', [value])
  return typeof value === 'boolean' ? { kind: 'boolean', field, value } : { kind: 'exists', field }
}

/** @param truth What the expression has to come to. */
function expressionCondition(expression: Expression, truth: boolean): EventCondition {
  switch (expression.kind) {
    case 'constant':
      return expression.value === truth ? TRUE : FALSE
    case 'not':
      return expressionCondition(expression.operand, !truth)
    case 'and':
    case 'or': {
      const operands = expression.operands.map((one) => expressionCondition(one, truth))
      return (expression.kind === 'and') === truth ? every(operands) : some(operands)
    }
    case 'test':
      return truth ? heldCondition(expression.predicate) : failedCondition(expression.predicate)
    case 'formula':
      // One that does not hold may have come to anything, null included.
      return truth ? formulaCondition(expression.formula, expression.holdsWhen) : TRUE
    case 'keyword':
    case 'lineage':
      return TRUE
    default:
      return assertNever(expression)
  }
}

function heldCondition({ field, test }: Predicate): EventCondition {
  switch (test.kind) {
    case 'pattern':
      return patternCondition(field, test.pattern)
    case 'boolean':
      return { kind: 'boolean', field, value: test.value }
    case 'absent':
      return TRUE
    case 'exists':
      return test.value ? exists([field]) : TRUE
    case 'field':
      return every([exists([field]), exists([test.other])])
    case 'regex': {
      const literals = regexLiterals(test.source)
      return literals === undefined ? exists([field]) : text(field, 'contains', literals)
    }
    case 'number':
    case 'cidr':
    case 'compare':
    case 'time':
      return exists([field])
    default:
      return assertNever(test)
  }
}

/** What is known when a test does not hold: only of the tests for presence anything at all. */
function failedCondition({ field, test }: Predicate): EventCondition {
  if (test.kind === 'exists' && !test.value) return exists([field])
  // A list of nulls only is absent and yet has a value no column holds; such events always pass.
  return test.kind === 'absent' ? exists([field]) : TRUE
}

/** The texts between the wildcards: the first at the beginning, the last at the end. */
function patternCondition(field: string, pattern: Pattern): EventCondition {
  const [only] = pattern
  if (pattern.length === 1 && only !== undefined && 'text' in only) {
    return text(field, 'equals', [only.text])
  }
  const parts = pattern.flatMap((part, index): EventCondition[] => {
    if (!('text' in part)) return []
    const match: TextMatch =
      index === 0 ? 'prefix' : index === pattern.length - 1 ? 'suffix' : 'contains'
    return [text(field, match, [part.text])]
  })
  return parts.length === 0 ? exists([field]) : every(parts)
}

/** What an event needs for a formula to come to exactly this truth. */
function formulaCondition(formula: Formula, truth: boolean): EventCondition {
  switch (formula.kind) {
    case 'not':
      return formulaCondition(formula.operand, !truth)
    case 'and':
    case 'or': {
      const operands = formula.operands.map((one) => formulaCondition(one, truth))
      return (formula.kind === 'and') === truth ? every(operands) : some(operands)
    }
    case 'field':
      return presence(formula)
    case 'compare':
      // What is compared with null is null.
      return every([presence(formula.left), presence(formula.right)])
    case 'match':
      return presence(formula.subject)
    default:
      return TRUE
  }
}

function presence(formula: Formula): EventCondition {
  if (formula.kind !== 'field' || formula.step !== undefined) return TRUE
  return exists(formula.fields)
}

function exists(fields: readonly string[]): EventCondition {
  return some(fields.map((field) => ({ kind: 'exists', field })))
}

// Folded as the engine folds: İ is i, so that a rule's İ finds an event's plain i.
// oxlint-disable-next-line max-params -- reads as the question: field, how, which
function text(field: string, match: TextMatch, values: readonly string[]): EventCondition {
  return { kind: 'text', field, match, values: values.map(foldCase) }
}

/** All of several conditions. */
export function every(operands: readonly EventCondition[]): EventCondition {
  return joined('and', withinKinds(operands))
}

/** Any of several conditions; texts asked of one field in one way become one question. */
export function some(operands: readonly EventCondition[]): EventCondition {
  return joined('or', operands)
}

const ACTION = 'event.action'

/** Values of `event.action` that a condition asks for by itself. */
function actionsOf(condition: EventCondition): readonly string[] | undefined {
  const isAction =
    condition.kind === 'text' && condition.field === ACTION && condition.match === 'equals'
  return isAction ? condition.values : undefined
}

/**
 * An event has one action: where the actions are known, what the other operands ask about them is
 * answered. EQL's categories are long lists of actions beside the one that a rule is about.
 */
function withinKinds(operands: readonly EventCondition[]): readonly EventCondition[] {
  const parts = flattened('and', operands)
  const lists = parts.flatMap((part) => {
    const actions = actionsOf(part)
    return actions === undefined ? [] : [actions]
  })
  const [first, ...others] = lists
  if (first === undefined) return parts
  const actions = first.filter((action) => others.every((list) => list.includes(action)))
  if (actions.length === 0) return [FALSE]
  const rest = parts
    .filter((part) => actionsOf(part) === undefined)
    .map((part) => answered(part, actions))
  return [text(ACTION, 'equals', actions), ...rest]
}

/** A condition on events that have one of these actions. */
function answered(condition: EventCondition, actions: readonly string[]): EventCondition {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return joined(
        condition.kind,
        condition.operands.map((operand) => answered(operand, actions)),
      )
    case 'text': {
      const asked = actionsOf(condition)
      if (asked === undefined) return condition
      if (actions.every((action) => asked.includes(action))) return TRUE
      const left = asked.filter((action) => actions.includes(action))
      return left.length === 0 ? FALSE : text(ACTION, 'equals', left)
    }
    default:
      return condition
  }
}

/** The part of a condition that is about the kind of event: action and category. */
export function kindCondition(condition: EventCondition): EventCondition {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return (condition.kind === 'and' ? every : some)(condition.operands.map(kindCondition))
    case 'text':
      return KINDS.has(condition.field) ? condition : TRUE
    case 'constant':
      return condition
    default:
      return TRUE
  }
}

const KINDS: ReadonlySet<string> = new Set([ACTION, 'event.category'])

/** Whether whoever meets `condition` has one of these actions. */
export function isWithinActions(condition: EventCondition, actions: readonly string[]): boolean {
  const asked = actionsOf(condition)
  if (asked !== undefined) return asked.every((action) => actions.includes(action))
  if (condition.kind === 'and') {
    return condition.operands.some((operand) => isWithinActions(operand, actions))
  }
  return (
    condition.kind === 'or' &&
    condition.operands.every((operand) => isWithinActions(operand, actions))
  )
}

function joined(kind: 'and' | 'or', operands: readonly EventCondition[]): EventCondition {
  const deciding = kind === 'or'
  const parts = new Map<string, EventCondition>()
  for (const operand of flattened(kind, operands)) {
    if (operand.kind === 'constant' && operand.value === deciding) return operand
    if (operand.kind === 'constant') continue
    const isJoined = kind === 'or' && operand.kind === 'text'
    const key = isJoined ? `${operand.match} ${operand.field}` : JSON.stringify(operand)
    const known = parts.get(key)
    if (known === undefined) parts.set(key, operand)
    else if (known.kind === 'text' && operand.kind === 'text' && isJoined) {
      parts.set(key, { ...known, values: [...new Set([...known.values, ...operand.values])] })
    }
  }
  const [only] = parts.values()
  if (only === undefined) return deciding ? FALSE : TRUE
  return parts.size === 1 ? only : { kind, operands: [...parts.values()] }
}

function flattened(
  kind: 'and' | 'or',
  operands: readonly EventCondition[],
): readonly EventCondition[] {
  return operands.flatMap((operand) => (operand.kind === kind ? operand.operands : [operand]))
}

/** Texts and fields a condition asks for: what it costs. */
export function conditionSize(condition: EventCondition): number {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.operands.reduce((sum, operand) => sum + conditionSize(operand), 0)
    case 'text':
      return Math.max(1, condition.values.length)
    default:
      return 1
  }
}
