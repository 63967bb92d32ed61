import { StoreError, type StoreErrorCode } from '../errors.ts'
import type { EventStore } from './event-store.ts'

/**
 * An event store across a process boundary. One message a call and one an answer, copied by
 * structured clone (`serialization: 'advanced'`) or as JSON; other messages on the same channel are
 * left alone:
 *
 *   { pomona: 'events.call', call, method, values }
 *   { pomona: 'events.answer', call, value }
 *   { pomona: 'events.answer', call, error: { code, message, details } }
 */
export interface MessagePort {
  /** @throws Error when the other side is gone. */
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once when no message will come or go any more. */
  onClose(listener: () => void): void
}

const METHODS = [
  'insert',
  'get',
  'search',
  'scan',
  'coverage',
  'actions',
  'processes',
  'processTree',
  'size',
  'reset',
  'close',
] as const satisfies readonly (keyof EventStore)[]

type Method = (typeof METHODS)[number]

interface CallMessage {
  readonly pomona: 'events.call'
  readonly call: number
  readonly method: Method
  readonly values: readonly unknown[]
}

interface AnswerMessage {
  readonly pomona: 'events.answer'
  readonly call: number
  readonly value?: unknown
  readonly error?: {
    readonly code: StoreErrorCode
    readonly message: string
    readonly details: StoreError['details']
  }
}

/** The serving half. */
export interface EventStoreServer {
  /** Calls that were refused because the method does not exist. */
  readonly refused: () => number
}

/** Answers the calls that come through a port from a store of this process. */
export function serveEventStore(store: EventStore, port: MessagePort): EventStoreServer {
  let refused = 0
  const answer = async ({ call, method, values }: CallMessage): Promise<void> => {
    let message: AnswerMessage
    try {
      // The method is one of a closed list and the values are what its caller was typed to pass.
      const work = store[method] as unknown as (...given: readonly unknown[]) => Promise<unknown>
      message = { pomona: 'events.answer', call, value: await work.apply(store, [...values]) }
    } catch (error) {
      message = { pomona: 'events.answer', call, error: refusalOf(error) }
    }
    try {
      port.send(message)
    } catch {
      // Nobody is there to be told; the caller has been told by its own end of the channel.
    }
  }
  port.onMessage((message) => {
    if (!isTagged(message, 'events.call')) return
    // Sent by connectEventStore, the only other user of the tag.
    const call = message as unknown as CallMessage
    if (METHODS.includes(call.method)) void answer(call)
    else refused++
  })
  return { refused: () => refused }
}

function isTagged(message: unknown, tag: string): message is { readonly pomona: string } {
  return (
    typeof message === 'object' && message !== null && 'pomona' in message && message.pomona === tag
  )
}

function refusalOf(error: unknown): NonNullable<AnswerMessage['error']> {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof StoreError) return { code: error.code, message, details: error.details }
  return { code: 'ERR_EVENTS_QUERY', message, details: {} }
}

/** How the calling half behaves. */
export interface ConnectOptions {
  /** Calls under way at once; further ones are refused. Default 64. */
  readonly callsMax?: number
  /** Longest wait for an answer. Default 60 seconds. */
  readonly callMsMax?: number
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: StoreError) => void
  readonly timer: NodeJS.Timeout
}

/**
 * An event store that lives at the other end of a port. Errors keep their codes; when the other
 * side ends, is too slow or has too much to do, calls fail with ERR_EVENTS_UNAVAILABLE.
 */
export function connectEventStore(port: MessagePort, options: ConnectOptions = {}): EventStore {
  const { callsMax = 64, callMsMax = 60_000 } = options
  const waiting = new Map<number, Waiting>()
  let calls = 0
  let gone = false

  const settle = (call: number): Waiting | undefined => {
    const found = waiting.get(call)
    waiting.delete(call)
    if (found !== undefined) clearTimeout(found.timer)
    return found
  }
  port.onMessage((message) => {
    if (!isTagged(message, 'events.answer')) return
    // Sent by serveEventStore, the only other user of the tag.
    const { call, value, error } = message as unknown as AnswerMessage
    const found = settle(call)
    if (error === undefined) found?.resolve(value)
    else found?.reject(new StoreError(error.code, error.message, { details: error.details }))
  })
  port.onClose(() => {
    gone = true
    for (const call of [...waiting.keys()]) settle(call)?.reject(unavailable('its process ended'))
  })

  const ask = async (method: Method, values: readonly unknown[]): Promise<unknown> => {
    if (gone) throw unavailable('its process ended')
    if (waiting.size >= callsMax) throw unavailable('too many calls are under way')
    const call = ++calls
    return await new Promise((resolve, reject) => {
      const expire = (): void => settle(call)?.reject(unavailable('it did not answer in time'))
      waiting.set(call, { resolve, reject, timer: setTimeout(expire, callMsMax) })
      try {
        port.send({ pomona: 'events.call', call, method, values } satisfies CallMessage)
      } catch {
        settle(call)?.reject(unavailable('its process ended'))
      }
    })
  }
  return storeOf(ask)
}

function unavailable(reason: string): StoreError {
  return new StoreError(
    'ERR_EVENTS_UNAVAILABLE',
    `The event store cannot be asked: ${reason}. Try again; nothing is lost, the log has it.`,
    { details: { reason } },
  )
}

type Ask = (method: Method, values: readonly unknown[]) => Promise<unknown>

function storeOf(ask: Ask): EventStore {
  // The other side is serveEventStore over a store of the same interface: each answer has its type.
  const call = <Name extends Method>(name: Name): EventStore[Name] =>
    ((...values: readonly unknown[]) => ask(name, values)) as unknown as EventStore[Name]
  return {
    insert: call('insert'),
    get: call('get'),
    search: call('search'),
    scan: call('scan'),
    coverage: call('coverage'),
    actions: call('actions'),
    processes: call('processes'),
    processTree: call('processTree'),
    size: call('size'),
    reset: call('reset'),
    close: call('close'),
  }
}
