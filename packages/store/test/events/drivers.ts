import { after, before } from 'node:test'
import type { EcsEvent, HostId } from '@pomona/schema'
import { openMemoryEventStore, type EventQuery, type EventStore } from '../../src/index.ts'
import { freshFolder } from '../folder.ts'
import { openChildStore, type ChildStore } from './child-store.ts'
import { HOST } from './sample.ts'

/** Every implementation, and what the contract tests say to all of them. */
export interface Driver {
  readonly name: string
  open(): Promise<EventStore>
}

// One engine for the file: a process holds one, and starting it takes a second. Each test empties
// it.
let child: ChildStore | undefined
// A hook registered inside `before` would run as soon as `before` is done.
const endings: (() => void)[] = []
after(() => {
  for (const end of endings) end()
})
const directory = freshFolder({ after })
before(async () => {
  child = await openChildStore({ after: (work) => void endings.push(work) }, directory)
})

export const drivers: readonly Driver[] = [
  { name: 'memory', open: async () => openMemoryEventStore() },
  {
    name: 'chdb',
    open: async () => {
      if (child === undefined) throw new Error('The child did not start.')
      await child.store.reset()
      return child.store
    },
  },
]

export const hostId = HOST as HostId

export function ask(parts: Partial<EventQuery> = {}): EventQuery {
  return { hostId, limit: 100, ...parts }
}

export async function fill(
  store: EventStore,
  events: readonly EcsEvent[],
  token = 'all',
): Promise<void> {
  await store.insert({ token, events })
}

export async function found(store: EventStore, parts: Partial<EventQuery> = {}): Promise<string[]> {
  return (await store.search(ask(parts))).events.map((event) => event.event?.id ?? '')
}
