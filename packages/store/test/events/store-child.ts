import { openChdbEventStore, serveEventStore, StoreError } from '../../src/index.ts'
import type { MessagePort } from '../../src/index.ts'

// The process that owns a chDB store in tests: opens the folder it is given and answers calls.

const port: MessagePort = {
  send: (message) => void process.send?.(message),
  onMessage: (listener) => void process.on('message', listener),
  onClose: (listener) => void process.on('disconnect', listener),
}
try {
  const store = await openChdbEventStore({
    directory: process.argv[2] ?? '',
    memoryBytesMax: 1024 * 1024 * 1024,
  })
  serveEventStore(store, port)
  process.send?.({ ready: true })
} catch (error) {
  if (!(error instanceof StoreError)) throw error
  process.send?.({ ready: false, code: error.code, message: error.message })
}
process.on('disconnect', () => process.exit(0))
