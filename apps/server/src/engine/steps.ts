import type { Detection } from './detection.ts'
import { evaluated, type ReadEntry } from './log-chunk.ts'

/** One thing of an entry that detection is to see, by the place that its failures count for. */
export interface Step {
  readonly id: string
  /** @throws What detection throws. */
  take(): void
}

/** Everything of an entry in order: its events, those to be tried again, alerts of the host. */
export function stepsOf(detection: Detection, entry: ReadEntry): readonly Step[] {
  const { offset } = entry.entry
  const events = evaluated(entry).map((event, index) => ({
    id: `${offset}/${index}`,
    take: () => void detection.observe(event, index >= entry.events.length),
  }))
  const alerts = entry.alerts.map((alert, index) => ({
    id: `${offset}/alert ${index}`,
    take: () => detection.adopt(alert),
  }))
  return [...events, ...alerts]
}
