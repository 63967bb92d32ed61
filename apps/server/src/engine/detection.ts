import {
  DetectError,
  Detector,
  type DetectorOptions,
  type ExceptedAlert,
  type Notice,
} from '@pomona/detect'
import { IncidentError, IncidentTracker } from '@pomona/investigate'
import type { Rule } from '@pomona/rules'
import type { Alert, EcsEvent, IncidentChange } from '@pomona/schema'
import type { Logger } from 'pino'
import type { ServerConfig } from '../config.ts'
import { RecentIds } from './recent-ids.ts'

/**
 * What the engine asks of detection: alerts of one event after the other, and state that can be
 * kept.
 */
export interface Detection {
  /** @param isAgain It is tried again: what rules find by it is told even where it was before. */
  observe(event: EcsEvent, isAgain?: boolean): readonly Alert[]
  /** Takes an alert that the engine on a host found, for the incidents; once, whoever finds it. */
  adopt(alert: Alert): void
  /** Gives up waiting for older events: the log is idle. */
  settle(): readonly Alert[]
  /** Alerts that exceptions keep from being told, since the last call. */
  excepted(): readonly ExceptedAlert[]
  /** What an operator has to know of, since the last call. */
  notices(): readonly Notice[]
  /** What rules over several events hold. */
  held(): HeldCounts
  /** Events it could not evaluate so far, by reason. */
  discards(): Readonly<Partial<Record<string, number>>>
  /** What became of incidents since the last call. */
  incidents(): readonly IncidentChange[]
  /** Everything it remembers, as text. */
  save(): string
}

/** What rules over several events hold, and how often events came too late for them. */
export interface HeldCounts {
  readonly events: number
  readonly late: number
  readonly open: number
  readonly bytes: number
  readonly incidents: IncidentsHeld
}

/** What joining alerts into incidents holds, and what it let go of for want of room. */
export interface IncidentsHeld {
  /** Incidents that alerts may still join. */
  readonly open: number
  /** Processes remembered. */
  readonly processes: number
  /** Incidents closed, and hosts, processes, files and ties forgotten, to make room. */
  readonly forgotten: number
}

/** Of detection that has not begun. */
export const NOTHING_HELD: HeldCounts = {
  ...{ events: 0, late: 0, open: 0, bytes: 0 },
  incidents: { open: 0, processes: 0, forgotten: 0 },
}

/**
 * Alerts remembered so that one which host and server find joins its incident once. Both see the
 * same events within seconds of the log, so few are between the first finding and the second.
 */
const JOINED_MAX = 2_000

/** What detection begins with. */
export interface DetectionSetup {
  readonly state: string | undefined
  readonly logger: Logger
  readonly options?: DetectorOptions
}

/** What a person set about detection, as the detector takes it. */
export function detectorOptions(config: ServerConfig): DetectorOptions {
  // Partials and windows share what rules may remember.
  const bytesMax = config.rules_state_bytes_max / 2
  return {
    latenessMs: config.reorder_ms,
    partialsBytesMax: bytesMax,
    windowsBytesMax: bytesMax,
    alertsPerHourMax: config.rule_alerts_per_hour_max,
  }
}

/**
 * Detection by these rules and the incidents its alerts become, going on from saved state. State
 * that cannot be read (another version wrote it) is left behind with an error in the log: detecting
 * from now on is worth more than stopping.
 */
export function createDetection(
  rules: readonly Rule[],
  { state, logger, options = {} }: DetectionSetup,
): Detection {
  const detector = new Detector(rules, options)
  const tracker = new IncidentTracker()
  const joined = new RecentIds(JOINED_MAX)
  const saved = savedOf(state)
  const restore = (what: () => void): void => {
    try {
      what()
    } catch (error) {
      if (!(error instanceof DetectError || error instanceof IncidentError)) throw error
      logger.error(
        { error: { code: error.code, message: error.message } },
        'Saved state was dropped.',
      )
    }
  }
  if (saved !== undefined) {
    restore(() => detector.restore(saved.detector))
    restore(() => tracker.restore(saved.incidents))
    joined.restore(saved.joined)
  }
  return {
    observe: (event, isAgain = false) => {
      const alerts = detector.process(event, undefined, isAgain)
      tracker.observe(
        event,
        alerts.filter(({ id }) => joined.add(id)),
      )
      return alerts
    },
    adopt: (alert) => {
      if (joined.add(alert.id)) tracker.add(alert)
    },
    settle: () => {
      const alerts = detector.settle()
      for (const alert of alerts) if (joined.add(alert.id)) tracker.add(alert)
      return alerts
    },
    excepted: () => detector.takeExcepted(),
    notices: () => detector.takeNotices(),
    held: () => {
      const { held: events, late, rules: counts } = detector.counts()
      const sum = (key: 'open' | 'bytes'): number =>
        counts.reduce((total, rule) => total + rule[key], 0)
      const incidents = incidentsHeld(tracker)
      return { events, late, open: sum('open'), bytes: sum('bytes'), incidents }
    },
    discards: () => detector.discarded(),
    incidents: () => tracker.takeChanges(),
    save: () =>
      JSON.stringify({
        detector: detector.checkpoint(),
        incidents: tracker.state(),
        joined: joined.state(),
      }),
  }
}

function incidentsHeld(tracker: IncidentTracker): IncidentsHeld {
  const counts = tracker.counts()
  const forgotten =
    counts.incidentsEvicted +
    counts.hostsEvicted +
    counts.processesEvicted +
    counts.filesEvicted +
    counts.filesRefused +
    counts.launchItemsEvicted +
    counts.marksEvicted +
    counts.factsEvicted
  return { open: counts.open, processes: counts.processes, forgotten }
}

interface Saved {
  readonly detector: string
  readonly incidents: unknown
  readonly joined: unknown
}

// What is no state of ours goes to the detector, which says so.
function savedOf(state: string | undefined): Saved | undefined {
  if (state === undefined || state === '') return undefined
  try {
    const value: unknown = JSON.parse(state)
    const isWhole =
      typeof value === 'object' && value !== null && 'detector' in value && 'incidents' in value
    if (isWhole && typeof value.detector === 'string') {
      const joined: unknown = 'joined' in value ? value.joined : undefined
      return { detector: value.detector, incidents: value.incidents, joined }
    }
  } catch {
    // Not JSON: the detector refuses it with its code.
  }
  return { detector: state, incidents: undefined, joined: undefined }
}
