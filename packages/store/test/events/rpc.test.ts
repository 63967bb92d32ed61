import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EventId, HostId } from '@pomona/schema'
import {
  connectEventStore,
  openMemoryEventStore,
  serveEventStore,
  type MessagePort,
} from '../../src/index.ts'
import { sampleEvent } from './sample.ts'

interface Pair {
  readonly near: MessagePort
  readonly far: MessagePort
  /** Ends the channel as the death of the far side does. */
  cut(): void
}

// Two ends of a channel in one process; messages are copied and arrive later.
function channel(): Pair {
  const listeners = {
    near: [] as ((message: unknown) => void)[],
    far: [] as ((message: unknown) => void)[],
  }
  const closers: (() => void)[] = []
  let open = true
  const end = (own: 'near' | 'far', other: 'near' | 'far'): MessagePort => ({
    send: (message) => {
      if (!open) throw new Error('closed')
      const copy: unknown = structuredClone(message)
      setImmediate(() => {
        if (open) for (const listener of listeners[other]) listener(copy)
      })
    },
    onMessage: (listener) => void listeners[own].push(listener),
    onClose: (listener) => void closers.push(listener),
  })
  const cut = (): void => {
    open = false
    for (const close of closers) close()
  }
  return { near: end('near', 'far'), far: end('far', 'near'), cut }
}

const hostId = 'mac-1' as HostId

test('rpc: calls are answered, in whatever order', async () => {
  const { near, far } = channel()
  serveEventStore(openMemoryEventStore(), far)
  const store = connectEventStore(near)
  const events = [sampleEvent('a', 1), sampleEvent('b', 2)]
  deepEqual(await store.insert({ token: 't', events }), { stored: 2, discarded: 0 })
  const [page, got, size] = await Promise.all([
    store.search({ hostId, limit: 1 }),
    store.get(['b' as EventId]),
    store.size(),
  ])
  deepEqual(page.events, [events[1]])
  deepEqual(got, [events[1]])
  equal(size.events, 2)
})

test('rpc: errors keep code and details', async () => {
  const { near, far } = channel()
  serveEventStore(openMemoryEventStore(), far)
  const store = connectEventStore(near)
  await rejects(store.search({ hostId, limit: 1, from: 'x' }), {
    name: 'StoreError',
    code: 'ERR_QUERY_INVALID',
    details: { field: 'from' },
  })
  await store.close()
  await rejects(store.size(), { code: 'ERR_STORE_CLOSED' })
})

test('rpc: the death of the other side fails what waits and what comes', async () => {
  const { near, cut } = channel()
  const store = connectEventStore(near)
  const waiting = store.size()
  cut()
  await rejects(waiting, { code: 'ERR_EVENTS_UNAVAILABLE' })
  await rejects(store.size(), { code: 'ERR_EVENTS_UNAVAILABLE' })
})

test('rpc: calls under way are bounded', async () => {
  const { near, far, cut } = channel()
  const store = connectEventStore(near, { callsMax: 2 })
  const held = [store.size(), store.size()]
  await rejects(store.size(), { code: 'ERR_EVENTS_UNAVAILABLE' })
  serveEventStore(openMemoryEventStore(), far)
  await Promise.all(held)
  deepEqual(await store.get([]), [])
  cut()
})

test('rpc: a side that does not answer is given up', async () => {
  const { near } = channel()
  const store = connectEventStore(near, { callMsMax: 5 })
  await rejects(store.size(), { code: 'ERR_EVENTS_UNAVAILABLE' })
})

test('rpc: messages of others are left alone, unknown methods are counted', async () => {
  const { near, far } = channel()
  const server = serveEventStore(openMemoryEventStore(), far)
  const store = connectEventStore(near)
  for (const message of [null, 'x', { kind: 'wake' }, { pomona: 'events.answer', call: 99 }]) {
    far.send(message)
    near.send(message)
  }
  near.send({ pomona: 'events.call', call: 1, method: 'constructor', values: [] })
  await nextTurn()
  equal((await store.size()).events, 0)
  equal(server.refused(), 1)
})
