import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime } from '@pomona/schema'
import { ClockSkew } from '../../src/uplink/skew.ts'
import { SimulatedTime } from '../support/simulated-time.ts'

const NS_PER_MS = 1_000_000n
const SIGNAL = new AbortController().signal

async function exchange(time: SimulatedTime, tripMs: number) {
  const sentNs = time.monotonicNs()
  void time.sleep(tripMs, SIGNAL)
  await time.run(() => false)
  return { sentNs, receivedNs: time.monotonicNs() }
}

test('skew: is nothing until the server has spoken', () => {
  const time = new SimulatedTime()
  const skew = new ClockSkew(time)
  equal(skew.skewNs(), undefined)
  equal(skew.serverNowNs(), time.nowNs())
})

test('skew: takes the server to have spoken half way', async () => {
  const time = new SimulatedTime()
  const skew = new ClockSkew(time)
  const ahead = 3_600_000n * NS_PER_MS
  const said = formatTime(time.nowNs() + 50n * NS_PER_MS + ahead)
  skew.learn(said, await exchange(time, 100))
  equal(skew.skewNs(), ahead)
})

test('skew: of a question that was held back, takes the answer to have come at once', async () => {
  const time = new SimulatedTime()
  const skew = new ClockSkew(time)
  const said = formatTime(time.nowNs() + 50_000n * NS_PER_MS)
  skew.learn(said, await exchange(time, 50_000), true)
  equal(skew.skewNs(), 0n)
})

test('skew: a wall clock that was set is seen at the next answer', async () => {
  const time = new SimulatedTime()
  const skew = new ClockSkew(time)
  const server = time.nowNs()
  skew.learn(formatTime(server), await exchange(time, 0))
  time.jumpWall(-400 * 86_400_000)
  skew.learn(formatTime(server), await exchange(time, 0))
  equal(skew.serverNowNs(), server)
})

test('skew: what is no time teaches nothing', async () => {
  const time = new SimulatedTime()
  const skew = new ClockSkew(time)
  skew.learn('yesterday', await exchange(time, 0))
  equal(skew.skewNs(), undefined)
})
