import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { HostAgent, HostContact } from '@pomona/schema'
import { conditionsOf, CONDITIONS, type ConditionKind } from '../../src/hosts/conditions.ts'
import { host, NOW_MS } from './host.ts'

const NO_SUMS = { sensed: 0, filtered: 0, dropped: 0, sent: 0, lost: 0, unobserved_ms: 0 }

const cases: readonly {
  name: string
  agent?: Partial<HostAgent>
  contact?: Partial<HostContact>
  want: readonly ConditionKind[]
}[] = [
  { name: 'a host with which all is well', want: [] },
  { name: 'silence', agent: { state: 'silent' }, want: ['silent'] },
  { name: 'an end that was announced is no problem', agent: { state: 'offline' }, want: [] },
  { name: 'a refused ledger', agent: { ledger_problem: 'fork' }, want: ['ledger'] },
  {
    name: 'sensors that failed or limp, not those that are off',
    agent: {
      sensors: [
        { sensor: 'a', state: 'off' },
        { sensor: 'b', state: 'failed' },
        { sensor: 'c', state: 'degraded' },
      ],
    },
    want: ['sensor_failed', 'sensor_failed'],
  },
  {
    name: 'what was not kept or not seen',
    agent: { last_day: { ...NO_SUMS, dropped: 3, lost: 2, unobserved_ms: 1 } },
    want: ['dropped', 'lost', 'unobserved'],
  },
  { name: 'a refused bundle', agent: { bundle: { state: 'refused' } }, want: ['bundle_refused'] },
  { name: 'a clock a minute off is borne', agent: { skew_ms: -60_000 }, want: [] },
  { name: 'a clock further off', agent: { skew_ms: -60_001 }, want: ['clock_off'] },
  { name: 'fresh events wait', agent: { spool_oldest: '2026-11-22T11:45:00Z' }, want: [] },
  { name: 'old events wait', agent: { spool_oldest: '2026-11-22T11:44:59Z' }, want: ['behind'] },
  {
    name: 'a certificate within a week of its end',
    contact: { certificate_end: '2026-11-29T11:59:59Z' },
    want: ['certificate_ends'],
  },
  {
    name: 'a certificate a week from its end',
    contact: { certificate_end: '2026-11-29T12:00:00Z' },
    want: [],
  },
  {
    name: 'a certificate that is over',
    contact: { certificate_end: '2026-11-22T12:00:00Z' },
    want: ['certificate_over'],
  },
  {
    name: 'refusals of the last day only',
    contact: {
      refusals: {
        a: { count: 3, last: '2026-11-21T12:00:01Z' },
        b: { count: 9, last: '2026-11-21T12:00:00Z' },
      },
    },
    want: ['refused'],
  },
  {
    name: 'batches that came twice are no problem',
    contact: { refusals: { batch_repeated: { count: 3, last: '2026-11-22T12:00:00Z' } } },
    want: [],
  },
  {
    name: 'two Macs with one identity, before everything else',
    agent: { state: 'silent' },
    contact: {
      suspicion: { reason: 'session_returned', count: 1, first: '', last: '', recent: true },
    },
    want: ['duplicate', 'silent'],
  },
]
for (const { name, agent, contact, want } of cases) {
  test(`conditions: ${name}`, () => {
    deepEqual(
      conditionsOf(host(agent, contact), NOW_MS).map(({ kind }) => kind),
      want,
    )
  })
}

test('conditions: say which and how many', () => {
  const found = conditionsOf(
    host(
      { permissions_missing: ['root'], last_day: { ...NO_SUMS, dropped: 3 } },
      { refusals: { a: { count: 4, last: '2026-11-22T12:00:00Z' } } },
    ),
    NOW_MS,
  )
  deepEqual(found, [
    { kind: 'permission_missing', grave: true, name: 'root' },
    { kind: 'dropped', grave: false, count: 3 },
    { kind: 'refused', grave: false, count: 4 },
  ])
})

test('conditions: records that could not be used are a problem of their host', () => {
  const found = conditionsOf({ ...host(), dead_letters: { count: 7, last: '' } }, NOW_MS)
  deepEqual(found, [{ kind: 'dead_letters', grave: false, count: 7 }])
})

test('conditions: a host that never reported has none of its agent', () => {
  const { agent: _, contact: __, ...bare } = host()
  equal(conditionsOf(bare, NOW_MS).length, 0)
  equal(new Set(CONDITIONS).size, CONDITIONS.length)
})
