import type {
  AlertDetail,
  AlertPage,
  AlertRecord,
  HostRecord,
  IncidentDetail,
  IncidentPage,
  IncidentRecord,
  StreamMessage,
} from '@pomona/schema'
import { type InfiniteData, type QueryClient, useQueryClient } from '@tanstack/react-query'
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { KEYS } from '../api/queries.ts'
import { LiveStream, type StreamState } from './stream.ts'

type Subscriber = (message: StreamMessage) => void

interface Live {
  readonly state: StreamState
  /** When the connection was lost, in milliseconds since the epoch. */
  readonly lostMs: number | undefined
  readonly subscribe: (subscriber: Subscriber) => () => void
  readonly retry: () => void
}

const LiveContext = createContext<Live | undefined>(undefined)

/** Puts a changed alert wherever the cache shows it, without moving any row. */
export function replaceAlert(client: QueryClient, alert: AlertRecord): void {
  client.setQueriesData<InfiniteData<AlertPage>>({ queryKey: KEYS.alerts }, (data) => {
    if (data?.pages.some((page) => page.items.some(({ id }) => id === alert.id)) !== true) {
      return data
    }
    const pages = data.pages.map((page) => ({
      ...page,
      items: page.items.map((item) => (item.id === alert.id ? alert : item)),
    }))
    return { ...data, pages }
  })
  client.setQueryData<AlertDetail>([...KEYS.alert, alert.id], (detail) =>
    detail === undefined ? detail : { ...detail, alert },
  )
}

/** Puts a changed incident wherever the cache shows it, without moving any row. */
export function replaceIncident(client: QueryClient, incident: IncidentRecord): void {
  client.setQueriesData<InfiniteData<IncidentPage>>({ queryKey: KEYS.incidents }, (data) => {
    if (data?.pages.some((page) => page.items.some(({ id }) => id === incident.id)) !== true) {
      return data
    }
    const pages = data.pages.map((page) => ({
      ...page,
      items: page.items.map((item) => (item.id === incident.id ? incident : item)),
    }))
    return { ...data, pages }
  })
  client.setQueryData<IncidentDetail>([...KEYS.incident, incident.id], (detail) =>
    detail === undefined ? detail : { ...detail, incident },
  )
}

/** What else an open page shows of an incident — alerts, history — has to be asked for. */
function takeIncident(
  client: QueryClient,
  { incident, merged = [] }: Extract<StreamMessage, { readonly kind: 'incident' }>,
): void {
  replaceIncident(client, incident)
  for (const id of [incident.id, ...merged]) {
    void client.invalidateQueries({ queryKey: [...KEYS.incident, id] })
    void client.invalidateQueries({ queryKey: [...KEYS.incidentProcesses, id] })
  }
}

function replaceHost(client: QueryClient, host: HostRecord): void {
  client.setQueryData<{ items: HostRecord[] }>(KEYS.hosts, (list) => {
    if (list === undefined) return list
    const known = list.items.some(({ id }) => id === host.id)
    const items = known
      ? list.items.map((item) => (item.id === host.id ? host : item))
      : [...list.items, host]
    return { items }
  })
  client.setQueryData<HostRecord>([...KEYS.host, host.id], (known) =>
    known === undefined ? known : host,
  )
}

function apply(client: QueryClient, message: StreamMessage): void {
  switch (message.kind) {
    case 'alert':
    case 'reset':
      return undefined
    case 'alert_updated':
      return replaceAlert(client, message.alert)
    case 'incident':
      return takeIncident(client, message)
    case 'host':
      return replaceHost(client, message.host)
    case 'command':
      return void client.invalidateQueries({
        queryKey: [...KEYS.commands, message.command.host_id],
      })
    case 'rollout':
      return void client.invalidateQueries({ queryKey: KEYS.rollout })
  }
}

const LIVE_KEYS: ReadonlySet<unknown> = new Set(
  [
    ...[KEYS.alerts, KEYS.alert, KEYS.incidents, KEYS.incident, KEYS.hosts, KEYS.host],
    ...[KEYS.commands, KEYS.rollout],
  ].map(([name]) => name),
)

function isLiveData({ queryKey }: { readonly queryKey: readonly unknown[] }): boolean {
  return LIVE_KEYS.has(queryKey[0])
}

/** Keeps one connection to the server for everything below it, and the caches current. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient()
  const subscribers = useRef(new Set<Subscriber>())
  const [state, setState] = useState<StreamState>('connecting')
  const [lostMs, setLostMs] = useState<number>()
  const [stream, setStream] = useState<LiveStream>()

  useEffect(() => {
    const opened = new LiveStream('/api/v1/stream', {
      onMessage: (message) => {
        apply(client, message)
        for (const subscriber of subscribers.current) subscriber(message)
      },
      onState: (next) => {
        setState(next)
        setLostMs(next === 'offline' ? Date.now() : undefined)
        if (next === 'refused') client.setQueryData(KEYS.session, null)
      },
      // What the stream cannot repeat is fetched again.
      onReset: () => void client.invalidateQueries({ predicate: isLiveData }),
    })
    setStream(opened)
    opened.start()
    return () => opened.stop()
  }, [client])

  const live = useMemo<Live>(
    () => ({
      state,
      lostMs,
      subscribe: (subscriber) => {
        subscribers.current.add(subscriber)
        return () => subscribers.current.delete(subscriber)
      },
      retry: () => stream?.retry(),
    }),
    [state, lostMs, stream],
  )
  return <LiveContext value={live}>{children}</LiveContext>
}

/** The live connection. */
export function useLive(): Live {
  const live = useContext(LiveContext)
  if (live === undefined) throw new Error('useLive needs LiveProvider above it.')
  return live
}

/** Calls back for every message; the callback may change between renders. */
export function useStreamMessages(onMessage: Subscriber): void {
  const { subscribe } = useLive()
  const latest = useRef(onMessage)
  useEffect(() => {
    latest.current = onMessage
  })
  useEffect(() => subscribe((message) => latest.current(message)), [subscribe])
}

function subscribeMinute(listener: () => void): () => void {
  const timer = setInterval(listener, 15_000)
  return () => clearInterval(timer)
}

/** Wall time in milliseconds, renewed every 15 seconds: enough for "3 minutes ago". */
export function useNow(): number {
  return useSyncExternalStore(subscribeMinute, () => Math.floor(Date.now() / 15_000) * 15_000)
}
