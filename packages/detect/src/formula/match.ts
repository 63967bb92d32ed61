import type { Test } from '@pomona/rules'
import { compileValueTest, type ValueTest } from '../value-test.ts'
import { type Compute, lift, scalarOf } from './value.ts'

/** Compiles tests on a computed value: true when any holds, null when there is no value. */
export function compileMatch(subject: Compute, tests: readonly Test[]): Compute {
  const passes = tests.map(compileSingle)
  return (view, scope) =>
    lift([subject(view, scope)], ([value]) => {
      const scalar = scalarOf(value)
      return scalar === null ? null : passes.some((test) => test(scalar))
    })
}

function compileSingle(test: Test): ValueTest {
  switch (test.kind) {
    // They are asked of fields only; the compiler of queries makes no such formula.
    case 'absent':
    case 'exists':
    case 'field':
      return () => false
    default:
      return compileValueTest(test)
  }
}
