import { type CompiledEql, compileEql, type EqlDialect, PlainNames } from '@pomona/rules'
import { FullScan } from '../src/full-scan.ts'

/** Compiles a query with names as written; fails the test when anything is wrong with it. */
export function compiledEql(text: string, dialect: EqlDialect = 'endpoint'): CompiledEql {
  const problems: string[] = []
  const compiled = compileEql(text, {
    dialect,
    names: new PlainNames('event.category', { folded: dialect === 'endgame' }),
    report: (code, message) => problems.push(`${code} ${message}`),
    place: (offset) => ({ line: 1, column: offset + 1 }),
  })
  if (compiled === undefined || problems.length > 0) throw new Error(problems.join('\n'))
  return compiled
}

/** Whether a condition holds for an event. */
export function holdsEql(condition: string, event: object, dialect?: EqlDialect): boolean {
  const { body } = compiledEql(`any where ${condition}`, dialect)
  if (body.kind !== 'event') throw new Error('one event is asked for')
  return new FullScan([body]).match(event).length === 1
}
