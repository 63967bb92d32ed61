import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  AlertQuery,
  BATCH_EVENTS_MAX,
  EventBatch,
  HostDescription,
  SEVERITIES,
  severityRank,
  SignInRequest,
} from '../src/index.ts'

const HOST = { id: 'host-1', name: 'orchard' }
const BATCH = {
  host: HOST,
  boot_id: 'boot-1',
  stream_id: 'stream',
  run: 'agent-1',
  first_sequence: 0,
  last_sequence: 0,
  digest: 'a'.repeat(64),
  events: [{ event: {} }],
}

const batches = [
  { name: 'the smallest batch', batch: BATCH, fits: true },
  { name: 'a list of no alerts', batch: { ...BATCH, alerts: [] }, fits: false },
  { name: 'an alert without a place', batch: { ...BATCH, alerts: [{ alert: {} }] }, fits: false },
  {
    name: 'a mark of the agent',
    batch: {
      ...BATCH,
      agent: {
        session_id: '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001',
        epoch: 1,
        sent_at: '2026-11-22T10:30:00.5Z',
      },
    },
    fits: true,
  },
  {
    name: 'one event too many',
    batch: { ...BATCH, events: Array.from({ length: BATCH_EVENTS_MAX + 1 }, () => ({})) },
    fits: false,
  },
  {
    name: 'the most events',
    batch: { ...BATCH, events: Array.from({ length: BATCH_EVENTS_MAX }, () => ({})) },
    fits: true,
  },
  { name: 'an event that is none', batch: { ...BATCH, events: ['x'] }, fits: false },
  { name: 'a short digest', batch: { ...BATCH, digest: 'abc' }, fits: false },
  { name: 'a negative sequence', batch: { ...BATCH, first_sequence: -1 }, fits: false },
  { name: 'a key nobody declared', batch: { ...BATCH, shoe: 1 }, fits: false },
  {
    name: 'a host id with a slash',
    batch: { ...BATCH, host: { ...HOST, id: 'a/b' } },
    fits: false,
  },
]
for (const { name, batch, fits } of batches) {
  test(`batch: ${name} is ${fits ? 'taken' : 'refused'}`, () => {
    equal(EventBatch.safeParse(batch).success, fits)
  })
}

test('batch: a host needs an id and a name', () => {
  equal(HostDescription.safeParse(HOST).success, true)
  equal(HostDescription.safeParse({ id: 'x' }).success, false)
  equal(HostDescription.safeParse({ ...HOST, name: '' }).success, false)
})

test('alert: severities rank in their order', () => {
  const ranks = SEVERITIES.map((severity) => severityRank(severity))
  equal(new Set(ranks).size, SEVERITIES.length)
  equal(
    ranks.every((rank, index) => index === 0 || rank > (ranks[index - 1] ?? rank)),
    true,
  )
})

test('api: refuses a request without its parts, and lets a query be empty', () => {
  equal(SignInRequest.safeParse({}).success, false)
  equal(AlertQuery.safeParse({ limit: 'many' }).success, false)
  equal(AlertQuery.safeParse({}).success, true)
})
