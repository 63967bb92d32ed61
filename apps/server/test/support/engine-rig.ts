/** An engine on a log and records in memory, with a detection whose answers are easy to foresee. */
import type { Alert, EcsEvent } from '@pomona/schema'
import { type Log, openMemoryLog, openMemoryRecords, type Records } from '@pomona/store'
import { pino } from 'pino'
import { type Detection, NOTHING_HELD } from '../../src/engine/detection.ts'
import { Engine, type EngineLimits } from '../../src/engine/engine.ts'
import { Stage } from '../../src/metrics/stage.ts'
import { FakeClock } from './clock.ts'
import { entryOf } from './log.ts'

/**
 * Raises an alert for every third event it has ever seen: its answer depends on what it remembers.
 */
export function everyThird(
  state: string | undefined,
  poison?: (event: EcsEvent) => void,
): Detection {
  let seen = Number(state ?? 0)
  let untaken = 0
  return {
    observe: (event) => {
      seen += 1
      poison?.(event)
      if (seen % 3 !== 0) return []
      untaken += 1
      return [alertOf(event)]
    },
    adopt: () => undefined,
    settle: () => [],
    excepted: () => [],
    notices: () => [],
    held: () => NOTHING_HELD,
    discards: () => ({}),
    incidents: () => {
      untaken = 0
      return []
    },
    save: () => {
      // As the tracker of incidents has it.
      if (untaken > 0) throw new Error('incidents were not taken before saving')
      return String(seen)
    },
  }
}

export function alertOf(event: EcsEvent): Alert {
  const id = event.event?.id ?? ''
  return {
    id: `alert-${id}`,
    rule_id: 'rule',
    rule_name: 'Rule',
    rule_version: '1',
    severity: 'low',
    risk_score: 1,
    attack_version: '1',
    techniques: [],
    tactics: [],
    time: event['@timestamp'] ?? '',
    tenant_id: 'default',
    host: { id: event.host?.id ?? '' },
    processes: [],
    events: [id],
    matches: [],
    group_key: '',
  }
}

export interface Rig {
  readonly log: Log
  readonly records: Records
  readonly stage: Stage
  readonly emitted: string[]
  readonly engine: Engine
}

export function rigOf(
  options: {
    readonly log?: Log
    readonly records?: Records
    readonly detection?: (state: string | undefined) => Detection
    readonly entriesMax?: number
    readonly clock?: FakeClock
    readonly limits?: Partial<EngineLimits>
  } = {},
): Rig {
  const { log = openMemoryLog(), records = openMemoryRecords(), detection = everyThird } = options
  const stage = new Stage({ name: 'engine_events', description: 'Test' })
  const emitted: string[] = []
  const engine = new Engine({
    log,
    records,
    clock: options.clock ?? new FakeClock(),
    logger: pino({ level: 'silent' }),
    events: stage,
    detection: (state) => detection(state),
    onFindings: ({ alerts }) => emitted.push(...alerts.map(({ id }) => id)),
    limits: { entriesMax: options.entriesMax ?? 4, ...options.limits },
  })
  return { log, records, stage, emitted, engine }
}

export async function fill(log: Log, entries: number): Promise<void> {
  for (let index = 0; index < entries; index += 1) {
    await log.append(entryOf('mac-1', { count: 5, first: index * 5 }))
  }
}

/** No state is small: every one stands in a row of its own, and is saved every ten seconds. */
export const LARGE = { inlineCharsMax: 0, saveIntervalMs: 10_000, entriesMax: 1 }
