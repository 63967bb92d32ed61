import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { IncidentChange } from '@pomona/schema'
import { IncidentBook } from '../src/book.ts'
import { described, openIncident } from '../src/open-incident.ts'
import { alertOf } from './mac.ts'

function change(id: string, alerts: readonly string[], merged: readonly string[]): IncidentChange {
  const incident = { ...described(openIncident(alertOf({}, 'a'), 0)), id }
  const joins = alerts.map((alert) => {
    return { alert_id: alert, kind: 'first' as const, because: 'It did.' }
  })
  return { incident, joins, merged }
}

test('book: alerts of an incident that became part of another go with it', () => {
  const book = new IncidentBook()
  book.take([change('one', ['a'], []), change('two', ['b'], []), change('three', ['c'], [])])
  book.take([change('two', ['d'], ['three'])])
  book.take([change('one', ['e'], ['two'])])
  const [only, ...others] = book.incidents()
  deepEqual(others, [])
  deepEqual(
    only?.joins.map(({ alert_id: id }) => id),
    ['a', 'b', 'c', 'd', 'e'],
  )
  deepEqual(only?.merged, ['three', 'two'])
  equal(book.incidentOf('c'), 'one')
  equal(book.incidentOf('x'), undefined)
})
