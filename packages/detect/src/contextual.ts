import {
  assertNever,
  type Expression,
  type Filter,
  filterId,
  type Formula,
  type LineageTest,
  partsOf,
} from '@pomona/rules'

/** Whether a filter asks for more than the event: its descent, or an earlier step's event. */
export function isContextual({ expression }: Filter): boolean {
  let found = false
  visitLeaves(expression, (leaf) => {
    found ||= isContextualLeaf(leaf)
  })
  return found
}

/**
 * The filter as far as the event alone can answer it: it holds whenever the whole one holds in any
 * context. What the context decides is taken to be as the filter would have it.
 */
export function weakened({ gate, expression }: Filter): Filter {
  return { gate, expression: weaken(expression, true) }
}

/** @param wanted What a leaf must be to make the whole expression true, as seen from here. */
function weaken(expression: Expression, wanted: boolean): Expression {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const operands = expression.operands.map((operand) => weaken(operand, wanted))
      return { kind: expression.kind, operands }
    }
    case 'not':
      return { kind: 'not', operand: weaken(expression.operand, !wanted) }
    case 'test':
    case 'keyword':
    case 'constant':
      return expression
    case 'formula':
    case 'lineage':
      return isContextualLeaf(expression) ? { kind: 'constant', value: wanted } : expression
    default:
      return assertNever(expression)
  }
}

/**
 * The lineage subjects that filters ask for, each once, those inside others first: an event that is
 * itself judged by its descent is judged after what it descends from.
 */
export function lineageSubjects(filters: Iterable<Filter>): ReadonlyMap<string, Filter> {
  const subjects = new Map<string, Filter>()
  const add = ({ subject }: LineageTest): void => {
    visitLeaves(subject.expression, (leaf) => {
      if (leaf.kind === 'lineage') add(leaf)
    })
    const id = filterId(subject)
    if (!subjects.has(id)) subjects.set(id, subject)
  }
  for (const { expression } of filters) {
    visitLeaves(expression, (leaf) => {
      if (leaf.kind === 'lineage') add(leaf)
    })
  }
  return subjects
}

/** Names of the fields that a filter asks of earlier steps' events, by index of the step. */
export function earlierFields({ expression }: Filter): ReadonlyMap<number, ReadonlySet<string>> {
  const byStep = new Map<number, Set<string>>()
  visitLeaves(expression, (leaf) => {
    if (leaf.kind !== 'formula') return
    visitFormula(leaf.formula, (formula) => {
      if (formula.kind !== 'field' || formula.step === undefined) return
      const fields = byStep.get(formula.step) ?? new Set<string>()
      byStep.set(formula.step, fields)
      for (const field of formula.fields) fields.add(field)
    })
  })
  return byStep
}

type Leaf = Exclude<Expression, { readonly kind: 'and' | 'or' | 'not' }>

function visitLeaves(expression: Expression, visit: (leaf: Leaf) => void): void {
  switch (expression.kind) {
    case 'and':
    case 'or':
      for (const operand of expression.operands) visitLeaves(operand, visit)
      break
    case 'not':
      visitLeaves(expression.operand, visit)
      break
    default:
      visit(expression)
  }
}

function isContextualLeaf(leaf: Leaf): boolean {
  if (leaf.kind === 'lineage') return true
  if (leaf.kind !== 'formula') return false
  let found = false
  visitFormula(leaf.formula, (formula) => {
    found ||= formula.kind === 'field' && formula.step !== undefined
  })
  return found
}

function visitFormula(formula: Formula, visit: (formula: Formula) => void): void {
  visit(formula)
  for (const operand of partsOf(formula)) visitFormula(operand, visit)
}
