import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { HostId } from '@pomona/schema'
import { CommandWaiters } from '../../src/fleet/command-waiters.ts'

const [A, B] = ['a' as HostId, 'b' as HostId]
const still = () => ({ ms: 60_000, signal: new AbortController().signal })

test('command waiters: are woken by name, by asking again, and all together', async () => {
  const waiters = new CommandWaiters(10)
  const first = waiters.wait(A, still())
  const second = waiters.wait(A, still())
  equal(await first, true)
  const other = waiters.wait(B, still())
  equal(waiters.size, 2)
  waiters.wake(A)
  equal(await second, true)
  waiters.wakeAll()
  equal(await other, true)
  equal(waiters.size, 0)
  waiters.wake(A)
})

test('command waiters: are so many, and a question that is withdrawn makes room', async () => {
  const waiters = new CommandWaiters(1)
  const gone = new AbortController()
  const first = waiters.wait(A, { ms: 60_000, signal: gone.signal })
  equal(await waiters.wait(B, still()), false)
  gone.abort()
  equal(await first, true)
  equal(waiters.size, 0)
  equal(await waiters.wait(B, { ms: 1, signal: gone.signal }), true)
  equal(await waiters.wait(B, { ...still(), ms: 1 }), true)
  equal(waiters.size, 0)
})
