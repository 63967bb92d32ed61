import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '@pomona/schema'
import { checkAlerts } from '../../src/gateway/alert-check.ts'
import type { Envelope } from '../../src/gateway/body.ts'
import { RateLimiter } from '../../src/gateway/rate.ts'
import { batchOf } from '../support/batch.ts'
import { FakeClock } from '../support/clock.ts'
import { hostAlert } from '../support/host-alert.ts'

const TIME = '2026-11-22T10:00:00.000000000Z'

function check(alerts: readonly unknown[], burst = 100) {
  // The envelope is what `decodeBatch` makes of a batch.
  const batch = batchOf({ events: [], first: 5, last: 9, alerts }) as Envelope
  const rate = new RateLimiter({ burst, perSecond: 1, keysMax: 9, clock: new FakeClock() })
  const { accepted, refused, letters } = checkAlerts(batch, { time: TIME, lettersMax: 2, rate })
  return { accepted, refused: Object.fromEntries(refused), letters }
}

const at = (sequence: number, parts: Partial<Alert> = {}): unknown => ({
  sequence,
  alert: hostAlert('mac-1', parts),
})

const refusals = [
  { name: 'no alert', value: { sequence: 5, alert: { id: 'x' } }, want: 'alert_invalid' },
  { name: 'nothing', value: null, want: 'alert_invalid' },
  { name: 'a time that is none', value: at(5, { time: 'noon' }), want: 'alert_invalid' },
  {
    name: 'another host',
    value: at(5, { host: { id: 'mac-2' } }),
    want: 'alert_of_foreign_host',
  },
  { name: 'another tenant', value: at(5, { tenant_id: 't' }), want: 'alert_of_foreign_host' },
  {
    name: 'the id of another alert',
    value: { sequence: 5, alert: { ...hostAlert('mac-1'), id: 'a'.repeat(32) } },
    want: 'alert_id_wrong',
  },
  { name: 'a place before the batch', value: at(4), want: 'sequence_outside_range' },
  { name: 'a place after the batch', value: at(10), want: 'sequence_outside_range' },
  {
    name: 'an alert without end',
    value: at(5, { rule_name: 'x'.repeat(300_000) }),
    want: 'alert_too_large',
  },
]
for (const { name, value, want } of refusals) {
  test(`host alert: ${name} is set aside`, () => {
    const { accepted, refused, letters } = check([value, at(9)])
    equal(accepted.length, 1)
    deepEqual(refused, { [want]: 1 })
    equal(letters[0]?.reason, want)
    equal(letters[0]?.host_id, 'mac-1')
  })
}

test('host alert: places rise, times get nine digits, few letters are kept', () => {
  const { accepted, refused, letters } = check([at(6), at(6), at(5), at(6), at(7)])
  deepEqual(
    accepted.map(({ time }) => time),
    ['2026-11-22T10:00:00.500000000Z', '2026-11-22T10:00:00.500000000Z'],
  )
  deepEqual(refused, { sequence_repeated: 3 })
  equal(letters.length, 2)
})

test('host alert: a flood is set aside and counted', () => {
  const { accepted, refused } = check([at(5), at(6), at(7), at(8)], 2)
  equal(accepted.length, 2)
  deepEqual(refused, { alerts_flooded: 2 })
})
