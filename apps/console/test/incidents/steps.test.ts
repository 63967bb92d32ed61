import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRecord } from '@pomona/schema'
import { type JoinedAlert, momentsOf, stepsOf } from '../../src/incidents/steps.ts'

function joined(id: string, rule: string, second: number): JoinedAlert {
  const time = `2026-11-22T10:00:${String(second).padStart(2, '0')}.000000000Z`
  const alert: AlertRecord = {
    ...{ id, rule_id: rule, rule_name: rule, rule_version: '1', severity: 'high', risk_score: 1 },
    ...{ attack_version: '18', techniques: [], tactics: [], time, tenant_id: 't' },
    ...{ host: { id: 'm' }, processes: [], events: [], matches: [], group_key: 'm' },
    ...{ status: 'new', created: time, updated: time },
  }
  return { alert, join: { alert_id: id, kind: 'first', because: 'It did.' } }
}

test('steps: what one rule says again without another between is one step', () => {
  const alerts = [
    joined('a', 'r1', 0),
    joined('b', 'r1', 1),
    joined('c', 'r2', 2),
    joined('d', 'r1', 3),
  ]
  deepEqual(
    stepsOf(alerts).map(({ alert, all }) => [alert.id, all.length]),
    [
      ['a', 2],
      ['c', 1],
      ['d', 1],
    ],
  )
  deepEqual(stepsOf([]), [])
})

test('moments: stand where they happened between the first and the last', () => {
  const alerts = [joined('a', 'r', 0), joined('b', 'r', 5), joined('c', 'r', 20)]
  deepEqual(
    momentsOf(alerts).map(({ at }) => at),
    [0, 0.25, 1],
  )
  deepEqual(
    momentsOf([joined('a', 'r', 7), joined('b', 'r', 7)]).map(({ at }) => at),
    [0, 0],
  )
  deepEqual(momentsOf([]), [])
})
