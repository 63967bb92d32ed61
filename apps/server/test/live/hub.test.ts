import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { StreamMessage } from '@pomona/schema'
import { LiveHub } from '../../src/live/hub.ts'
import { Stage } from '../../src/metrics/stage.ts'

function hubOf(options: { ringMax?: number; subscribersMax?: number } = {}) {
  const deliveries = new Stage({ name: 'live', description: 'Test' })
  const hub = new LiveHub({ epoch: 'e', ringMax: 3, subscribersMax: 2, deliveries, ...options })
  return { hub, deliveries }
}

/** A message with something to tell it by. */
function message(name: string): StreamMessage {
  const host = { id: name, name, first_seen: '', last_seen: '', events: 0, gaps: 0 }
  return { kind: 'host', host: { ...host, discarded: {}, open_alerts: {} } }
}

function nameOf(live: { readonly message: StreamMessage }): string {
  return live.message.kind === 'host' ? live.message.host.id : live.message.kind
}

const replays = [
  { name: 'nothing to a new reader', lastId: undefined, want: [] },
  { name: 'nothing to one that saw all', lastId: 'e-5', want: [] },
  { name: 'what was missed', lastId: 'e-3', want: ['m4', 'm5'] },
  { name: 'all that is kept to one just before it', lastId: 'e-2', want: ['m3', 'm4', 'm5'] },
  { name: 'a reset to one too far behind', lastId: 'e-1', want: ['reset'] },
  { name: 'a reset to one of another run', lastId: 'other-4', want: ['reset'] },
  { name: 'a reset to one from the future', lastId: 'e-6', want: ['reset'] },
  { name: 'a reset to nonsense', lastId: 'e-x', want: ['reset'] },
]
for (const { name, lastId, want } of replays) {
  test(`hub: replays ${name}`, () => {
    const { hub } = hubOf()
    for (const text of ['m1', 'm2', 'm3', 'm4', 'm5']) hub.publish(message(text))
    const seen: string[] = []
    hub.subscribe((live) => seen.push(nameOf(live)) > 0, { lastId, onDrop: () => undefined })
    deepEqual(seen, want)
  })
}

test('hub: drops the reader that does not keep up, and no other', () => {
  const { hub, deliveries } = hubOf()
  const seen: string[] = []
  let dropped = 0
  hub.subscribe((live) => seen.push(nameOf(live)) > 0, {
    lastId: undefined,
    onDrop: () => undefined,
  })
  hub.subscribe(() => false, { lastId: undefined, onDrop: () => (dropped += 1) })
  hub.publish(message('a'))
  hub.publish(message('b'))
  deepEqual(seen, ['a', 'b'])
  equal(dropped, 1)
  const { received, sent, held, discarded } = deliveries.counts()
  deepEqual({ received, sent, held }, { received: 3, sent: 2, held: 0 })
  deepEqual(discarded, [{ reason: 'slow_reader', intentional: false, count: 1 }])
})

test('hub: takes no more readers than allowed and lets all go at the end', () => {
  const { hub } = hubOf()
  let dropped = 0
  const join = () => hub.subscribe(() => true, { lastId: undefined, onDrop: () => (dropped += 1) })
  const leave = join()
  join()
  equal(join(), undefined)
  leave?.()
  equal(typeof join(), 'function')
  hub.close()
  equal(dropped, 2)
  equal(hub.subscribers, 0)
})
