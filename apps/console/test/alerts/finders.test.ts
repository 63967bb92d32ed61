import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRecord } from '@pomona/schema'
import { type Finders, findersOf } from '../../src/alerts/finders.ts'

const cases: readonly { found: AlertRecord['found_by']; want: Finders }[] = [
  { found: undefined, want: 'server' },
  { found: ['server'], want: 'server' },
  { found: ['host'], want: 'host' },
  { found: ['server', 'host'], want: 'both' },
]
for (const { found, want } of cases) {
  test(`finders: ${found?.join(' and ') ?? 'nothing said'} is ${want}`, () => {
    // Nothing else of the record is looked at.
    const alert = (found === undefined ? {} : { found_by: found }) as AlertRecord
    equal(findersOf(alert), want)
  })
}
