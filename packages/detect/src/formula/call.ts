import { callFunction, compareValues, type Formula } from '@pomona/rules'
import { type Compute, lift, listOf, scalarOf } from './value.ts'

/** Compiles a call of a function, its operands compiled. */
export function compileCall(
  { name, folded }: Extract<Formula, { readonly kind: 'call' }>,
  operands: readonly Compute[],
): Compute {
  if (name === 'arrayContains') return contains(operands, folded)
  const [first] = operands
  if (name === 'length' && first !== undefined) {
    return (view, scope) => {
      const value = first(view, scope)
      if (Array.isArray(value)) return value.length
      return callFunction({ name, values: [scalarOf(value)], folded })
    }
  }
  return (view, scope) => {
    const values = operands.map((operand) => operand(view, scope))
    return lift(values, (combination) =>
      callFunction({ name, values: combination.map(scalarOf), folded }),
    )
  }
}

function contains([array, ...wanted]: readonly Compute[], folded: boolean): Compute {
  return (view, scope) => {
    const elements = array?.(view, scope) ?? null
    if (elements === null) return null
    const values = wanted.map((compute) => scalarOf(compute(view, scope)))
    return listOf(elements).some((element) =>
      values.some(
        (value) => compareValues({ comparison: 'eq', folded }, scalarOf(element), value) === true,
      ),
    )
  }
}
