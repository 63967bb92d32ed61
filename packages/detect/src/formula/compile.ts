import {
  assertNever,
  compareValues,
  compute,
  type FieldReference,
  type Formula,
  isFloat,
} from '@pomona/rules'
import type { EventView } from '../event-view.ts'
import { compileCall } from './call.ts'
import { type Compute, listOf, lift, scalarOf, truthOf, walk } from './value.ts'
import { compileMatch } from './match.ts'

/** What a formula comes to for an event: null when that is unknown. */
export type FormulaTruth = boolean | null

/** A compiled formula. */
export interface CompiledFormula {
  readonly truth: (view: EventView) => FormulaTruth
  /** Its value: of a field with several values, a list. */
  readonly value: (view: EventView) => unknown
}

const NO_VARIABLES: readonly string[] = []

/**
 * Compiles a formula to closures over the fields of a view.
 *
 * A field with several values stands for each of them: a comparison, pattern or function of truth
 * holds when it does for any, and a computed value is a list again. At most 10,000 combinations of
 * values are tried.
 */
export function compileFormula(formula: Formula, view: EventView): CompiledFormula {
  const compiled = new Compiler(view).compile(formula, NO_VARIABLES)
  return {
    truth: (event) => truthOf(compiled(event, [])),
    value: (event) => compiled(event, []),
  }
}

class Compiler {
  readonly #view: EventView

  constructor(view: EventView) {
    this.#view = view
  }

  compile(formula: Formula, variables: readonly string[]): Compute {
    switch (formula.kind) {
      case 'literal': {
        const { value } = formula
        return () => value
      }
      case 'field':
        return this.#field(formula)
      case 'variable': {
        const slot = variables.lastIndexOf(formula.name)
        const { path } = formula
        return (_view, scope) => walk(scope[slot], path)
      }
      case 'search':
        return this.#search(formula, variables)
      case 'call': {
        const operands = formula.operands.map((operand) => this.compile(operand, variables))
        return compileCall(formula, operands)
      }
      case 'arithmetic': {
        const [left, right] = this.#pair(formula, variables)
        const operation = { operator: formula.operator, float: isFloat(formula) }
        return (view, scope) => {
          return lift([left(view, scope), right(view, scope)], ([a, b]) =>
            compute(operation, scalarOf(a), scalarOf(b)),
          )
        }
      }
      case 'compare': {
        const [left, right] = this.#pair(formula, variables)
        return (view, scope) => {
          return lift([left(view, scope), right(view, scope)], ([a, b]) =>
            compareValues(formula, scalarOf(a), scalarOf(b)),
          )
        }
      }
      case 'match':
        return compileMatch(this.compile(formula.subject, variables), formula.tests)
      case 'and':
      case 'or': {
        const operands = formula.operands.map((operand) => this.compile(operand, variables))
        return junction(operands, formula.kind === 'or')
      }
      case 'not': {
        const operand = this.compile(formula.operand, variables)
        return (view, scope) => {
          const truth = truthOf(operand(view, scope))
          return truth === null ? null : !truth
        }
      }
      case 'isNull': {
        const operand = this.compile(formula.operand, variables)
        return (view, scope) => isNothing(operand(view, scope))
      }
      default:
        return assertNever(formula)
    }
  }

  #pair(
    { left, right }: { readonly left: Formula; readonly right: Formula },
    variables: readonly string[],
  ): readonly [Compute, Compute] {
    return [this.compile(left, variables), this.compile(right, variables)]
  }

  #field({ fields, step, path = [] }: FieldReference): Compute {
    const indexes = fields.map((field) => this.#view.indexOf(field))
    return (view) => {
      for (const index of indexes) {
        const value = step === undefined ? view.value(index) : view.earlier(step, index)
        if (value !== undefined && value !== null) return walk(value, path)
      }
      return null
    }
  }

  #search(
    { array, body, variable, counts }: Extract<Formula, { kind: 'search' }>,
    variables: readonly string[],
  ): Compute {
    const elements = this.compile(array, variables)
    const condition = this.compile(body, [...variables, variable])
    return (view, scope) => {
      const value = elements(view, scope)
      if (isNothing(value)) return null
      let count = 0
      for (const element of listOf(value)) {
        if (truthOf(condition(view, [...scope, element])) !== true) continue
        if (!counts) return true
        count += 1
      }
      return counts ? count : false
    }
  }
}

function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((element) => element === null)
  return value === null || value === undefined
}

function junction(operands: readonly Compute[], decisive: boolean): Compute {
  return (view, scope) => {
    let result: FormulaTruth = !decisive
    for (const operand of operands) {
      const truth = truthOf(operand(view, scope))
      if (truth === decisive) return decisive
      if (truth === null) result = null
    }
    return result
  }
}
