import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import type { HostId } from '@pomona/schema'
import { TENANT_DEFAULT } from '@pomona/schema'
import { SessionWatch, type SuspicionReason } from '../../src/agents/session-watch.ts'
import { FakeClock } from '../support/clock.ts'

/** Session, epoch, and seconds since the one before. */
type Step = readonly [session: string, epoch: number, seconds?: number]

const cases: readonly {
  name: string
  steps: readonly Step[]
  want: readonly SuspicionReason[]
}[] = [
  {
    name: 'one run',
    steps: [
      ['a', 1],
      ['a', 1],
      ['a', 1],
    ],
    want: [],
  },
  {
    name: 'restarts',
    steps: [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ],
    want: [],
  },
  {
    name: 'the last request of a run that ended comes late',
    steps: [
      ['a', 1],
      ['b', 2],
      ['a', 1, 2],
      ['b', 2],
    ],
    want: [],
  },
  {
    name: 'a run that ended speaks again',
    steps: [
      ['a', 1],
      ['b', 2],
      ['a', 1, 11],
    ],
    want: ['session_returned'],
  },
  {
    name: 'two runs take turns quickly',
    steps: [
      ['a', 1],
      ['b', 2],
      ['a', 1],
      ['b', 2],
      ['a', 1],
      ['b', 2],
      ['a', 1],
    ],
    want: ['session_returned'],
  },
  {
    name: 'an epoch begins twice',
    steps: [
      ['a', 4],
      ['b', 4],
    ],
    want: ['epoch_reused'],
  },
  {
    name: 'an epoch goes back',
    steps: [
      ['a', 4],
      ['b', 2],
    ],
    want: ['epoch_reused'],
  },
  {
    name: 'two machines for long',
    steps: [
      ['a', 1],
      ['b', 2, 20],
      ['a', 1, 20],
      ['b', 2, 20],
    ],
    want: ['session_returned', 'session_returned'],
  },
]
for (const { name, steps, want } of cases) {
  test(`session watch: ${name}`, () => {
    const clock = new FakeClock()
    const watch = new SessionWatch(clock)
    const host = { tenantId: TENANT_DEFAULT, hostId: 'h' as HostId, refusals: {} }
    let run = {}
    const said: SuspicionReason[] = []
    for (const [sessionId, epoch, seconds = 1] of steps) {
      clock.advanceSeconds(seconds)
      const { current, suspicion } = watch.see('h', {
        known: { ...host, ...run },
        sessionId,
        epoch,
      })
      run = current
      if (suspicion !== undefined) said.push(suspicion)
    }
    deepEqual(said, want)
  })
}
