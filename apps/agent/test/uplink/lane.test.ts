import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { AgentError } from '../../src/errors.ts'
import { keepGoing } from '../../src/uplink/lane.ts'
import { SeededRandom } from '../support/random.ts'
import { SimulatedTime } from '../support/simulated-time.ts'

function lane() {
  const time = new SimulatedTime()
  const said: object[] = []
  const log = {
    info: () => undefined,
    warn: (fields: object) => void said.push(fields),
    error: () => undefined,
  }
  const options = { name: 'delivery', random: new SeededRandom(1), sleep: time.sleep, log }
  return { time, said, options }
}

test('lane: what fails is said and begins anew after a wait', async () => {
  const { time, said, options } = lane()
  let begun = 0
  const work = (): Promise<void> => {
    begun += 1
    if (begun === 3) return Promise.resolve()
    return Promise.reject(new AgentError('ERR_UPLINK_ANSWER', 'Not understood.'))
  }
  let ended = false
  void keepGoing(options, new AbortController().signal, work).then(() => (ended = true))
  await time.run(() => ended)
  equal(begun, 3)
  ok(time.monotonicNs() > 1_000_000_000n)
  const error = { message: 'Not understood.', code: 'ERR_UPLINK_ANSWER' }
  deepEqual(said, [
    { lane: 'delivery', error },
    { lane: 'delivery', error },
  ])
})

test('lane: ends when it is told to, without a word', async () => {
  const { said, options } = lane()
  const stop = new AbortController()
  const work = (signal: AbortSignal): Promise<void> => {
    stop.abort()
    signal.throwIfAborted()
    return Promise.resolve()
  }
  await rejects(
    keepGoing(options, stop.signal, async (signal) => await work(signal)),
    { name: 'AbortError' },
  )
  deepEqual(said, [])
})
