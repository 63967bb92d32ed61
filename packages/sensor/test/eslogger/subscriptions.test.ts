import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { EVENT_TYPES_BY_NAME, SUBSCRIPTIONS } from '@pomona/sensor'
import { readEventList } from '../../src/eslogger/subscriptions.ts'

test('subscriptions: every wanted type is one eslogger has, and wanted once', () => {
  const wanted = SUBSCRIPTIONS.flatMap(({ events }) => events)
  deepEqual(
    wanted.filter((name) => !EVENT_TYPES_BY_NAME.has(name)),
    [],
  )
  equal(new Set(wanted).size, wanted.length)
})

test('subscriptions: a list is read name by name, whatever stands between', () => {
  deepEqual(
    [...readEventList('access\r\nauthentication\n\nxp_malware_detected\n')],
    ['access', 'authentication', 'xp_malware_detected'],
  )
})

test('subscriptions: what is no list gives no names', () => {
  equal(readEventList('Usage: eslogger [options]\nError: not permitted\n').size, 0)
  equal(readEventList('').size, 0)
})
