import { join } from 'node:path'
import { type DeadLetter, formatTime } from '@pomona/schema'
import { openChdbEventStore, openSqliteLogReader, serveEventStore } from '@pomona/store'
import type { EventStore, MessagePort } from '@pomona/store'
import { systemClock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import { Stage } from '../metrics/stage.ts'
import {
  EVENTS_FOLDER,
  type FromProjector,
  type ProjectorSettings,
  type ToProjector,
} from './ipc.ts'
import { sqliteOffsets } from './offsets.ts'
import { Projector } from './projector.ts'

/**
 * The projector's process: owns the event store, follows the log, answers the server's questions.
 */

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

const waiting = new Map<number, Waiting>()
let calls = 0
let stopping = false
let stores: Stores | undefined
let opening: Promise<void> | undefined

const ORPHAN_MS_MAX = 5_000

interface Stores {
  readonly events: EventStore
  readonly projector: Projector
  readonly close: () => Promise<void>
}

function tell(message: FromProjector): void {
  if (process.connected) process.send?.(message, undefined, {}, () => undefined)
}

const PORT: MessagePort = {
  send: (message) => {
    if (process.connected) process.send?.(message, undefined, {}, () => undefined)
  },
  onMessage: (listener) => void process.on('message', listener),
  onClose: (listener) => void process.once('disconnect', listener),
}

async function keepLetters(letters: readonly DeadLetter[]): Promise<void> {
  calls += 1
  const call = calls
  await new Promise<void>((resolve, reject) => {
    waiting.set(call, { resolve, reject })
    tell({ kind: 'letters', call, letters })
  })
}

async function open(settings: ProjectorSettings): Promise<Stores> {
  const { dataDirectory, mode } = settings
  const log = await openSqliteLogReader({ directory: dataDirectory })
  const directory = join(dataDirectory, EVENTS_FOLDER)
  const events = await openChdbEventStore({ directory })
  const offsets = sqliteOffsets(directory)
  if (mode === 'rebuild') offsets.beginReset()
  if (offsets.resetting()) {
    // Also after a kill in the middle: a store half emptied and a place from before do not fit.
    await events.reset()
    offsets.endReset()
  }
  const stage = new Stage({
    name: 'projector_events',
    description: 'Events copied from the log into the event store',
  })
  const projector = new Projector({
    log,
    events,
    offsets,
    stage,
    now: () => formatTime(systemClock.nowNs()),
    keepLetters,
    onProgress: (progress) => tell({ kind: 'progress', progress }),
  })
  const close = async (): Promise<void> => {
    await projector.stop()
    offsets.close()
    await log.close()
    await events.close()
  }
  return { events, projector, close }
}

/** Asked anew each time: messages arrive while a step is awaited. */
function isStopping(): boolean {
  return stopping
}

async function rebuild({ events, projector }: Stores): Promise<void> {
  while (!isStopping()) if (!(await projector.step())) break
  if (!isStopping()) tell({ kind: 'rebuilt', events: (await events.size()).events })
}

async function start(settings: ProjectorSettings): Promise<void> {
  try {
    stores = await open(settings)
    if (settings.mode === 'serve') {
      serveEventStore(stores.events, PORT)
      stores.projector.start()
      tell({ kind: 'ready' })
      return
    }
    await rebuild(stores)
  } catch (error) {
    tell({ kind: 'failed', reason: messageOf(error) })
    process.exitCode = 1
  }
  await finish()
}

/** Asked to end: what is under way ends first. */
async function stop(): Promise<void> {
  stopping = true
  await opening
  await finish()
}

let finishing: Promise<void> | undefined

function finish(): Promise<void> {
  stopping = true
  finishing ??= (async () => {
    await stores?.close()
    if (process.connected) process.disconnect?.()
  })()
  return finishing
}

function take(message: ToProjector): void {
  switch (message.kind) {
    case 'start':
      opening = start(message.settings)
      break
    case 'wake':
      stores?.projector.wake()
      break
    case 'letters_kept': {
      const letter = waiting.get(message.call)
      waiting.delete(message.call)
      if (message.ok) letter?.resolve()
      else letter?.reject(new Error('The server did not keep the dead letters.'))
      break
    }
    case 'stop':
      void stop()
      break
  }
}

// Only the server sends here, and it is this same program.
process.on('message', (message) => take(message as ToProjector))
// The terminal's interrupt reaches the whole group; the server decides when its projector ends.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => void stop())
// The server is gone: an orphan must not hold the store's lock.
process.on('disconnect', () => {
  if (!stopping) process.exit(1)
  // Asked to end already, but what is under way may wait for an answer that never comes.
  setTimeout(() => process.exit(1), ORPHAN_MS_MAX).unref()
})
