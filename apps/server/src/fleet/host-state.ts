import type { HostState } from '@pomona/schema'

/** What the state of a host is judged by. */
export interface Heard {
  /** Wall time of the last report, milliseconds. */
  readonly atMs: number
  readonly intervalSeconds: number
  /** The agent said that it ends. */
  readonly stopping: boolean
}

/** Intervals without a report after which a host is late. */
export const LATE_INTERVALS = 1.5
/** Intervals without a report after which a host is silent. */
export const SILENT_INTERVALS = 3
/** What a report may take on its way, on top. */
const WAY_MS = 5_000
const MS_PER_SECOND = 1_000

/** Whether a host is heard of. A host that said that it ends owes no report. */
export function hostState(heard: Heard, nowMs: number): Exclude<HostState, 'never'> {
  if (heard.stopping) return 'offline'
  const ageMs = nowMs - heard.atMs - WAY_MS
  const intervalMs = heard.intervalSeconds * MS_PER_SECOND
  if (ageMs <= LATE_INTERVALS * intervalMs) return 'online'
  return ageMs <= SILENT_INTERVALS * intervalMs ? 'late' : 'silent'
}
