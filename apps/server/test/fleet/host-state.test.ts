import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { HostState } from '@pomona/schema'
import { hostState } from '../../src/fleet/host-state.ts'

const cases: readonly { after: number; interval?: number; stopping?: boolean; want: HostState }[] =
  [
    { after: 0, want: 'online' },
    { after: -30, want: 'online' },
    { after: 95, want: 'online' },
    { after: 95.001, want: 'late' },
    { after: 185, want: 'late' },
    { after: 185.001, want: 'silent' },
    { after: 1_000_000, stopping: true, want: 'offline' },
    { after: 20, interval: 5, want: 'late' },
    { after: 20.001, interval: 5, want: 'silent' },
  ]
for (const { after, interval = 60, stopping = false, want } of cases) {
  const ends = stopping ? ' that said that it ends' : ''
  test(`host state: every ${interval} s, after ${after} s${ends}: ${want}`, () => {
    const heard = { atMs: 1_000, intervalSeconds: interval, stopping }
    equal(hostState(heard, 1_000 + after * 1_000), want)
  })
}
