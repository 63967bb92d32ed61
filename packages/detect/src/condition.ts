import {
  assertNever,
  type Expression,
  fieldsOf,
  filterId,
  type FormulaTest,
  type Keyword,
  type LineageTest,
  type Predicate,
  unparse,
} from '@pomona/rules'
import type { EventView } from './event-view.ts'
import { foldCase } from './fold.ts'
import { compileFormula } from './formula/compile.ts'
import { compilePattern } from './pattern.ts'
import { compileFieldTest, compileValueTest, textOf, type ValueTest } from './value-test.ts'

/** One predicate that held, with the value of the event that satisfied it. */
export interface Witness {
  readonly selection: string
  /** ECS name of the field; empty for a keyword. */
  readonly field: string
  readonly operator: string
  readonly pattern: string
  readonly value: string
}

/** A compiled expression: asked once an event, explained only after it held. */
export interface Condition {
  readonly holds: (view: EventView) => boolean
  /**
   * Hands over the positive leaves that made it hold, until one is not wanted any more.
   *
   * @returns Whether more are wanted.
   */
  readonly explain: (view: EventView, add: WitnessTaker) => boolean
}

/** Takes a witness and says whether more are wanted. */
export type WitnessTaker = (witness: Witness) => boolean

// A rule may name one selection many times; it is compiled once.
const COMPILED = new WeakMap<EventView, WeakMap<Expression, Condition>>()

/** Compiles an expression against the fields of a view. */
export function compileCondition(expression: Expression, view: EventView): Condition {
  const compiled = COMPILED.get(view) ?? new WeakMap<Expression, Condition>()
  COMPILED.set(view, compiled)
  const known = compiled.get(expression)
  if (known !== undefined) return known
  const condition = compileNew(expression, view)
  compiled.set(expression, condition)
  return condition
}

function compileNew(expression: Expression, view: EventView): Condition {
  switch (expression.kind) {
    case 'constant': {
      const { value } = expression
      return { holds: () => value, explain: nothing }
    }
    case 'not': {
      const { holds } = compileCondition(expression.operand, view)
      // What did not happen has no value to show.
      return { holds: (event) => !holds(event), explain: nothing }
    }
    case 'and':
    case 'or': {
      const operands = expression.operands.map((operand) => compileCondition(operand, view))
      return expression.kind === 'and' ? conjunction(operands) : disjunction(operands)
    }
    case 'test':
      return leaf(expression.predicate, expression.selection, view)
    case 'keyword':
      return keywordLeaf(expression.keyword, expression.selection)
    case 'formula':
      return formulaLeaf(expression, view)
    case 'lineage':
      return lineageLeaf(expression, view)
    default:
      return assertNever(expression)
  }
}

function nothing(): boolean {
  return true
}

function conjunction(operands: readonly Condition[]): Condition {
  return {
    holds: (view) => {
      for (const operand of operands) if (!operand.holds(view)) return false
      return true
    },
    explain: (view, add) => {
      for (const operand of operands) if (!operand.explain(view, add)) return false
      return true
    },
  }
}

function disjunction(operands: readonly Condition[]): Condition {
  return {
    holds: (view) => {
      for (const operand of operands) if (operand.holds(view)) return true
      return false
    },
    explain: (view, add) => {
      for (const operand of operands) {
        if (operand.holds(view) && !operand.explain(view, add)) return false
      }
      return true
    },
  }
}

function leaf(predicate: Predicate, selection: string, view: EventView): Condition {
  const { field, operator, value: pattern } = predicate
  const index = view.indexOf(field)
  const question = compileQuestion(predicate, index, view)
  return {
    holds: question.holds,
    explain: (event, add) => {
      const value = question.satisfying(event)
      const shown = textOf(value) ?? (value === undefined ? '' : JSON.stringify(value))
      return add({ selection, field, operator, pattern, value: shown })
    },
  }
}

const SUBJECT_CHARS_MAX = 300

// Without context nothing is known of other events, and so of no descent.
function lineageLeaf({ relation, subject, selection }: LineageTest, view: EventView): Condition {
  const subjectId = filterId(subject)
  const field = 'process.entity_id'
  const entityId = view.indexOf(field)
  const operator = `${relation} of`
  const pattern = unparse(subject.expression, SUBJECT_CHARS_MAX)
  return {
    holds: (event) => event.context?.comesFrom(relation, subjectId) ?? false,
    explain: (event, add) => {
      const value = textOf(event.value(entityId)) ?? ''
      return add({ selection, field, operator, pattern, value })
    },
  }
}

interface Question {
  readonly holds: (view: EventView) => boolean
  /** The value that satisfied it; of an array, the element. */
  readonly satisfying: (view: EventView) => unknown
}

function compileQuestion(predicate: Predicate, index: number, view: EventView): Question {
  const { test } = predicate
  const satisfyingAll = (event: EventView): unknown => event.value(index)
  if (test.kind === 'absent') {
    return { holds: (event) => isAbsent(event.value(index)), satisfying: satisfyingAll }
  }
  if (test.kind === 'exists') {
    const { value: wanted } = test
    const holds = (event: EventView): boolean => (event.value(index) !== undefined) === wanted
    return { holds, satisfying: satisfyingAll }
  }
  if (test.kind === 'field') {
    const otherIndex = view.indexOf(test.other)
    const relates = compileFieldTest(test.affix, test.cased)
    const find = (event: EventView): unknown => {
      const others = elementsOf(event.value(otherIndex))
      return elementsOf(event.value(index)).find((element) =>
        others.some((other) => relates(element, other)),
      )
    }
    return { holds: (event) => find(event) !== undefined, satisfying: find }
  }
  const passes = compileValueTest(test)
  return { holds: holder(predicate, index, passes), satisfying: finder(index, passes) }
}

function finder(index: number, passes: ValueTest): (view: EventView) => unknown {
  return (view) => elementsOf(view.value(index)).find((element) => passes(element))
}

function holder(
  { test }: Predicate,
  index: number,
  passes: ValueTest,
): (view: EventView) => boolean {
  if (test.kind === 'pattern' && !test.cased) {
    // The hot path: one text, folded once for all predicates of the field.
    const matches = compilePattern(test.pattern, false)
    return (view) => {
      const value = view.value(index)
      if (typeof value === 'string') return matches(view.folded(index, value))
      return Array.isArray(value) ? value.some(passes) : passes(value)
    }
  }
  return (view) => {
    const value = view.value(index)
    return Array.isArray(value) ? value.some(passes) : passes(value)
  }
}

function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function isAbsent(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((element) => element === null)
  return value === undefined || value === null
}

function formulaLeaf(test: FormulaTest, view: EventView): Condition {
  const { selection, formula, holdsWhen } = test
  const { truth } = compileFormula(formula, view)
  const fields = fieldsOf(formula)
  const computes = fields.map((field) => compileFormula(field, view).value)
  const shown = fields.map(({ written }) => written).join(', ')
  const pattern = unparse(test)
  return {
    holds: (event) => truth(event) === holdsWhen,
    explain: (event, add) => {
      const values = computes.map((value) => {
        const found = value(event)
        return textOf(found) ?? JSON.stringify(found)
      })
      const value = values.join(', ')
      return add({ selection, field: shown, operator: 'holds', pattern, value })
    },
  }
}

function keywordLeaf(keyword: Keyword, selection: string): Condition {
  const { test, operator, value: pattern } = keyword
  const isFolded = test.kind === 'pattern' && !test.cased
  const matches =
    test.kind === 'pattern' ? compilePattern(test.pattern, test.cased) : compileValueTest(test)
  return {
    holds: (view) => (isFolded ? view.textsFolded() : view.texts()).some((text) => matches(text)),
    explain: (view, add) => {
      const found = view.texts().find((text) => matches(isFolded ? foldCase(text) : text))
      return add({ selection, field: '', operator, pattern, value: found ?? '' })
    },
  }
}
