import { DetectError, Detector } from '@pomona/detect'
import { IncidentError, IncidentTracker } from '@pomona/investigate'
import type { Rule } from '@pomona/rules'
import type { Logger } from 'pino'
import type { Detection } from './engine.ts'

/**
 * Detection by these rules and the incidents its alerts become, going on from saved state. State
 * that cannot be read (another version wrote it) is left behind with an error in the log: detecting
 * from now on is worth more than stopping.
 */
export function createDetection(
  rules: readonly Rule[],
  { state, logger }: { readonly state: string | undefined; readonly logger: Logger },
): Detection {
  const detector = new Detector(rules)
  const tracker = new IncidentTracker()
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
  }
  return {
    observe: (event) => {
      const alerts = detector.process(event)
      tracker.observe(event, alerts)
      return alerts
    },
    discards: () => detector.counts().discarded,
    incidents: () => tracker.takeChanges(),
    save: () => JSON.stringify({ detector: detector.checkpoint(), incidents: tracker.state() }),
  }
}

interface Saved {
  readonly detector: string
  readonly incidents: unknown
}

// What is no state of ours goes to the detector, which says so.
function savedOf(state: string | undefined): Saved | undefined {
  if (state === undefined || state === '') return undefined
  try {
    const value: unknown = JSON.parse(state)
    const isWhole =
      typeof value === 'object' && value !== null && 'detector' in value && 'incidents' in value
    if (isWhole && typeof value.detector === 'string') {
      return { detector: value.detector, incidents: value.incidents }
    }
  } catch {
    // Not JSON: the detector refuses it with its code.
  }
  return { detector: state, incidents: undefined }
}
