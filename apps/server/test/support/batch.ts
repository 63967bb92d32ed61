import { createHash } from 'node:crypto'
import {
  type BootId,
  type EcsEventDraft,
  type EventBatch,
  eventId,
  formatTime,
  type HostId,
  streamId,
  TENANT_DEFAULT,
} from '@pomona/schema'

/** The stream a test's host sends. */
export function streamOf(hostId: string, sensor = 'eslogger-1') {
  return streamId({
    tenantId: TENANT_DEFAULT,
    hostId: hostId as HostId,
    bootId: 'boot-1' as BootId,
    sensor,
  })
}

const START_NS = 1_780_000_000_000_000_000n

/** An exec of `/bin/<name>`; what else is wanted is merged at the top level. */
export function execEvent(
  hostId: string,
  sequence: number,
  more: { readonly name?: string; readonly commandLine?: string; readonly sensor?: string } = {},
): EcsEventDraft {
  const { name = 'ls', commandLine = `${name} -l`, sensor } = more
  return {
    '@timestamp': formatTime(START_NS + BigInt(sequence) * 1_000_000n),
    event: {
      id: eventId(streamOf(hostId, sensor), sequence),
      action: 'exec',
      kind: 'event',
      category: ['process'],
      type: ['start'],
    },
    host: { id: hostId, name: hostId },
    process: {
      pid: 1_000 + sequence,
      entity_id: `${hostId}-${sequence}`,
      name,
      executable: `/bin/${name}`,
      command_line: commandLine,
    },
    macos: { process: { pidversion: 5_000 + sequence } },
  }
}

export interface BatchOptions {
  readonly hostId?: string
  readonly first?: number
  readonly events: readonly unknown[]
  readonly last?: number
  readonly sensor?: string
  readonly alerts?: readonly unknown[]
  readonly agent?: EventBatch['agent']
}

/** A batch whose range and digest fit its events. */
export function batchOf(options: BatchOptions): EventBatch {
  const { hostId = 'mac-1', first = 0, events, sensor = 'eslogger-1' } = options
  const { alerts, agent } = options
  const text = JSON.stringify(events) + (alerts === undefined ? '' : JSON.stringify(alerts))
  return {
    host: { id: hostId, name: hostId },
    boot_id: 'boot-1',
    stream_id: streamOf(hostId, sensor),
    run: sensor,
    first_sequence: first,
    last_sequence: options.last ?? first + Math.max(events.length, 1) - 1,
    digest: createHash('sha256').update(text).digest('hex'),
    // Whatever a test puts there is the point of the test.
    events: events as EventBatch['events'],
    ...(alerts !== undefined && { alerts: alerts as NonNullable<EventBatch['alerts']> }),
    ...(agent !== undefined && { agent }),
  }
}

/** `count` execs of a host from `first` on. */
export function execs(hostId: string, count: number, first = 0): EcsEventDraft[] {
  return Array.from({ length: count }, (_, index) => execEvent(hostId, first + index))
}
