import type { EcsEvent, HostId, StreamId } from '@pomona/schema'
import { TENANT_DEFAULT } from '@pomona/schema'
import { encodeEvents, type LogAppend } from '@pomona/store'
import { batchOf, execs } from './batch.ts'

/** A log entry of `count` execs of a host, from sequence `first` on. */
export function entryOf(
  hostId: string,
  options: {
    readonly count: number
    readonly first?: number
    readonly events?: readonly unknown[]
  },
): LogAppend {
  const { count, first = 0 } = options
  const events = options.events ?? execs(hostId, count, first)
  const batch = batchOf({ hostId, events, first })
  return {
    tenantId: TENANT_DEFAULT,
    hostId: hostId as HostId,
    streamId: batch.stream_id as StreamId,
    firstSequence: first,
    lastSequence: first + count - 1,
    digest: batch.digest,
    ingested: '2026-11-22T10:00:00.000000000Z',
    eventsCount: count,
    payload: encodeEvents(events as EcsEvent[]),
  }
}
