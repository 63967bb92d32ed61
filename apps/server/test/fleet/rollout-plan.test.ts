import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { AgentPolicy, type HostId, RolloutSettings } from '@pomona/schema'
import type { StoredBundle } from '@pomona/store'
import {
  countsOf,
  invitedTo,
  nextStep,
  type RolloutHost,
  ringsOf,
} from '../../src/fleet/rollout-plan.ts'

const ID = 'b'.repeat(64)
const SINCE = '2026-11-22T10:00:00.000000000Z'
const SINCE_MS = Date.parse('2026-11-22T10:00:00Z')
const settings = RolloutSettings.parse({ ring_percents: [10, 50], failures_max: 0 })

type Look = Partial<Pick<RolloutHost, 'state' | 'bundle' | 'trial'>>

function host(name: string, { state = 'online', bundle, trial }: Look = {}): RolloutHost {
  return {
    hostId: name as HostId,
    state,
    bundle: bundle ?? { state: 'none' },
    trial: trial ?? { id: ID, since: SINCE, crashes: 0, alerts: 0 },
  }
}

const applied = { bundle: { state: 'applied', applied: ID, offered: ID } } as const
const refused = { bundle: { state: 'refused', offered: ID, reason: 'No key.' } } as const
const trial = (parts: { crashes?: number; alerts?: number }) => ({
  ...applied,
  trial: { id: ID, since: SINCE, crashes: 0, alerts: 0, ...parts },
})

function bundle(parts: Partial<StoredBundle> = {}): StoredBundle {
  return {
    ...{ id: ID, version: 1, kind: 'content', created: SINCE, created_by: 'x', expires: SINCE },
    ...{ rules: 1, files: 1, bytes: 1, content: 'c', policy: AgentPolicy.parse({}), left_out: [] },
    ...{ state: 'rolling', ring: 0, ring_since: SINCE },
    ...parts,
  }
}

const hundred = Array.from({ length: 100 }, (_, n) => host(`mac-${n}`))

test('rollout plan: rings grow and hold the rings before; the order is always the same', () => {
  equal(ringsOf(settings), 4)
  const rings = [0, 1, 2, 3].map((ring) => invitedTo(ring, hundred, settings))
  deepEqual(
    rings.map((ring) => ring.length),
    [1, 10, 50, 100],
  )
  for (const [index, ring] of rings.entries()) {
    deepEqual(ring.slice(0, rings[index - 1]?.length ?? 0), rings[index - 1] ?? [])
  }
  deepEqual(invitedTo(2, hundred.toReversed(), settings), rings[2])
})

test('rollout plan: canaries come first, those that are not there do not count', () => {
  const canary_hosts = ['mac-7', 'gone', 'mac-3']
  const named = { ...settings, canary_hosts }
  deepEqual(
    invitedTo(0, hundred, named).map(({ hostId }) => hostId),
    ['mac-3', 'mac-7'],
  )
  equal(invitedTo(0, hundred, { ...settings, canary_hosts: ['gone'] }).length, 1)
  equal(invitedTo(1, hundred, named).length, 10)
  equal(invitedTo(3, [], settings).length, 0)
})

const AFTER = 30 * 60_000
const steps: readonly {
  name: string
  hosts: readonly RolloutHost[]
  ring?: number
  afterMs?: number
  tolerated?: number
  want: string
}[] = [
  { name: 'is watched for a while', hosts: [host('a', applied)], afterMs: AFTER - 1, want: 'wait' },
  { name: 'goes on after that', hosts: [host('a', applied)], want: 'advance' },
  { name: 'waits for a host to run it', hosts: [host('a')], want: 'wait' },
  {
    name: 'waits for every host that is online',
    hosts: [host('a', applied), host('b')],
    ring: 3,
    want: 'wait',
  },
  {
    name: 'does not wait for hosts that are away',
    hosts: [host('a', applied), host('b', { state: 'silent' })],
    ...{ ring: 3, want: 'complete' },
  },
  { name: 'waits when nobody is there', hosts: [host('a', { state: 'offline' })], want: 'wait' },
  { name: 'is complete without hosts', hosts: [], want: 'complete' },
  { name: 'halts when one refuses it', hosts: [host('a', refused)], afterMs: 0, want: 'halt' },
  {
    name: 'halts when one goes back',
    hosts: [host('a', { bundle: { state: 'rolled_back', applied: 'x', offered: ID } })],
    ...{ afterMs: 0, want: 'halt' },
  },
  { name: 'bears one crash', hosts: [host('a', trial({ crashes: 1 }))], want: 'advance' },
  { name: 'halts when one keeps ending', hosts: [host('a', trial({ crashes: 2 }))], want: 'halt' },
  { name: 'bears alerts', hosts: [host('a', trial({ alerts: 200 }))], want: 'advance' },
  { name: 'halts at a storm of them', hosts: [host('a', trial({ alerts: 201 }))], want: 'halt' },
  {
    name: 'does not blame it for what another did',
    hosts: [host('a', { bundle: { state: 'refused', applied: 'x', offered: 'y' } })],
    want: 'wait',
  },
  {
    name: 'goes on with failures that somebody accepted',
    hosts: [host('a', refused), host('b', applied)],
    ...{ ring: 3, tolerated: 1, want: 'complete' },
  },
]
for (const { name, hosts, ring = 0, afterMs = AFTER, tolerated, want } of steps) {
  test(`rollout plan: ${name}`, () => {
    const rolling = bundle({ ring, ...(tolerated !== undefined && { tolerated }) })
    const step = nextStep({ bundle: rolling, hosts, settings, nowMs: SINCE_MS + afterMs })
    equal(step.kind, want)
  })
}

test('rollout plan: a halt names hosts and their reasons, not all of them', () => {
  const hosts = ['a', 'b', 'c', 'd', 'e'].map((name) => host(name, refused))
  const step = nextStep({ bundle: bundle({ ring: 3 }), hosts, settings, nowMs: SINCE_MS })
  equal(step.kind === 'halt' && step.reason.split('; ').length, 4)
  equal(step.kind === 'halt' && step.reason.endsWith('and 2 others'), true)
})

test('rollout plan: counts add up to no more than the hosts', () => {
  const hosts = [
    host('a', applied),
    host('b', refused),
    host('c'),
    host('d', trial({ crashes: 5 })),
  ]
  deepEqual(countsOf(ID, hosts, settings), {
    ...{ hosts: 4, applied: 1, refused: 1, rolled_back: 0, crashed: 1, noisy: 0 },
  })
})
