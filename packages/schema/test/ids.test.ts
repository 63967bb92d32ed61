import { equal, match, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AlertIdentity,
  alertId,
  type BootId,
  deriveId,
  type EventId,
  eventId,
  type HostId,
  processEntityId,
  processEntityIds,
  type RuleId,
  streamId,
  type TenantId,
} from '../src/index.ts'

// Any text may be an id; the brands only keep them apart.
const BOOT = {
  tenantId: 'default' as TenantId,
  hostId: 'mac-ø-😀' as HostId,
  bootId: 'boot' as BootId,
}

test('ids: fields are kept apart by their lengths', () => {
  notEqual(deriveId('x', ['a1', '23']), deriveId('x', ['a12', '3']))
  notEqual(deriveId('x', ['a', '']), deriveId('x', ['a']))
  notEqual(deriveId('x', ['a']), deriveId('xa', []))
  match(deriveId('x', []), /^[0-9a-f]{32}$/)
})

test('ids: are the same on every machine and in every release', () => {
  // printf '7:process1:a2:bc' | sha256sum; a change here orphans everything stored.
  equal(deriveId('process', ['a', 'bc']), '784411b5d9edc20beb46d69cbcca99e4')
})

test('ids: a stream differs by each of its fields, an event by its sequence', () => {
  const stream = streamId({ ...BOOT, sensor: 'eslogger:1' })
  notEqual(stream, streamId({ ...BOOT, sensor: 'eslogger:2' }))
  const bootId = 'other' as BootId // As above.
  notEqual(stream, streamId({ ...BOOT, bootId, sensor: 'eslogger:1' }))
  equal(eventId(stream, 7), `${stream}-7`)
})

for (const [pid, pidversion] of [
  [0, 0],
  [1, 23],
  [12, 3],
  [99_999, 4_294_967_295],
] as const) {
  test(`ids: process ${pid} ${pidversion} has one id, prepared or not`, () => {
    const prepared = processEntityIds(BOOT)
    prepared({ pid: 5, pidversion: 5 })
    equal(prepared({ pid, pidversion }), processEntityId({ ...BOOT, pid, pidversion }))
  })
}

test('ids: an alert depends on rule, version, group and every event', () => {
  const identity: AlertIdentity = {
    ruleId: 'r' as RuleId, // As above.
    ruleVersion: '1',
    tenantId: BOOT.tenantId,
    groupKey: 'host',
    eventIds: ['e1', 'e2'] as EventId[], // As above.
  }
  equal(alertId(identity), alertId({ ...identity }))
  notEqual(alertId(identity), alertId({ ...identity, ruleVersion: '2' }))
  notEqual(alertId(identity), alertId({ ...identity, eventIds: identity.eventIds.slice(1) }))
})
