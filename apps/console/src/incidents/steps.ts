import { type AlertRecord, type IncidentDetail, type IncidentJoin, parseTime } from '@pomona/schema'

/** An alert of an incident with why it is in it. */
export type JoinedAlert = IncidentDetail['alerts'][number]

/** Alerts of one rule that came one after the other: one step of the story. */
export interface Step {
  /** The first of them, which stands for all. */
  readonly alert: AlertRecord
  readonly join: IncidentJoin
  /** All of them, the first included. */
  readonly all: readonly JoinedAlert[]
}

/**
 * Tells alerts in the order they happened as steps: what one rule says again and again without
 * another between is one step.
 */
export function stepsOf(alerts: readonly JoinedAlert[]): readonly Step[] {
  const steps: { alert: AlertRecord; join: IncidentJoin; all: JoinedAlert[] }[] = []
  for (const joined of alerts) {
    const last = steps.at(-1)
    if (last?.alert.rule_id === joined.alert.rule_id) last.all.push(joined)
    else steps.push({ ...joined, all: [joined] })
  }
  return steps
}

/** A moment of the course of an incident. */
export interface Moment {
  readonly id: string
  readonly severity: AlertRecord['severity']
  /** Place between the first and the last alert, 0 to 1. */
  readonly at: number
}

/** Where each alert stands in the course of its incident. */
export function momentsOf(alerts: readonly JoinedAlert[]): readonly Moment[] {
  const times = alerts.map(({ alert }) => parseTime(alert.time) ?? 0n)
  const [first = 0n, last = first] = [times[0], times.at(-1)]
  const span = Number(last - first)
  return alerts.map(({ alert }, index) => ({
    id: alert.id,
    severity: alert.severity,
    at: span === 0 ? 0 : Number((times[index] ?? first) - first) / span,
  }))
}
