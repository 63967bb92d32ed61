import type { JoinKey } from '@pomona/rules'
import type { EventView } from './event-view.ts'
import { foldCase } from './fold.ts'
import { compileFormula } from './formula/compile.ts'

/** The parts of an event's join key; `undefined` when one is absent that must not be. */
export type KeyReader = (view: EventView) => readonly unknown[] | undefined

/** Compiles a join key. Of a field with several values, all of them together are the part. */
export function compileKey(keys: readonly JoinKey[], view: EventView): KeyReader {
  const parts = keys.map(({ fields, written, optional, formula, folded }) => {
    const { value } = compileFormula(formula ?? { kind: 'field', fields, written }, view)
    return { value, optional, isFolded: folded === true }
  })
  return (event) => {
    const found: unknown[] = []
    for (const { value, optional, isFolded } of parts) {
      const part = value(event)
      if (part === null && !optional) return undefined
      found.push(isFolded && typeof part === 'string' ? foldCase(part) : part)
    }
    return found
  }
}
