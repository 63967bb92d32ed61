import type { EcsEvent } from '@pomona/schema'
import { openChdbEventStore } from '@pomona/store'

// Holds an event store open, as a server's projector does: fills it with what it is sent.

const store = await openChdbEventStore({
  directory: process.argv[2] ?? '',
  memoryBytesMax: 1024 * 1024 * 1024,
})
process.on('message', (events) => {
  // Sent by the test, which forked this process.
  void store.insert({ token: 'all', events: events as EcsEvent[] }).then(() => process.send?.('ok'))
})
process.on('disconnect', () => void store.close().then(() => process.exit(0)))
