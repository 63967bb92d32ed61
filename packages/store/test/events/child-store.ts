import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connectEventStore, StoreError, type EventStore } from '../../src/index.ts'
import type { MessagePort, StoreErrorCode } from '../../src/index.ts'

/** A chDB store in its own process. */
export interface ChildStore {
  readonly store: EventStore
  readonly child: ChildProcess
  /** Closes the store, ends the process and waits for it. */
  stop(): Promise<void>
  /** Ends the process as a crash does. */
  kill(): Promise<void>
}

/** The channel to a forked child as a port. */
export function portOf(child: ChildProcess): MessagePort {
  return {
    send: (message) => {
      if (!child.connected) throw new Error('disconnected')
      // Structured clone carries more than the declared type.
      child.send(message as never, () => undefined)
    },
    onMessage: (listener) => void child.on('message', listener),
    onClose: (listener) => void child.once('exit', listener),
  }
}

/** Whatever runs something when a test is done. */
interface Ending {
  after(work: () => void): void
}

/**
 * Opens a store in a child, which ends with the test at the latest.
 * @throws StoreError with the code the child's store refused to open with.
 */
export async function openChildStore(ending: Ending, directory: string): Promise<ChildStore> {
  const path = fileURLToPath(new URL('store-child.ts', import.meta.url))
  const child = fork(path, [directory], { serialization: 'advanced' })
  const exited = once(child, 'exit')
  ending.after(() => void child.kill('SIGKILL'))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await exited
  }
  const [answer] = (await Promise.race([once(child, 'message'), exited])) as unknown as [Opened]
  if (answer?.ready !== true) {
    await end('SIGKILL')
    throw new StoreError(answer?.code ?? 'ERR_EVENTS_UNAVAILABLE', answer?.message ?? 'It died.')
  }
  const store = connectEventStore(portOf(child))
  return {
    store,
    child,
    stop: async () => {
      await store.close()
      await end('SIGTERM')
    },
    kill: async () => await end('SIGKILL'),
  }
}

interface Opened {
  readonly ready: boolean
  readonly code?: StoreErrorCode
  readonly message?: string
}
