import { type BookedIncident, IncidentBook, IncidentTracker } from '@pomona/investigate'
import { type Alert, type EcsEvent, SEVERITIES, severityRank } from '@pomona/schema'
import { printable } from './printable.ts'

/** An alert's line, waiting for the id of its incident. */
interface HeldAlert {
  readonly kind: 'alert'
  readonly id: string
}

const ALERTS_HELD_MAX = 100_000
const LISTED_MAX = 50
const ALERTS_LISTED_MAX = 8
const QUIET = severityRank('medium')

/** The incidents of a replay. */
export class ReplayIncidents {
  readonly #tracker = new IncidentTracker()
  readonly #book = new IncidentBook()
  #held: HeldAlert[] = []

  observe(event: EcsEvent, alerts: readonly Alert[]): void {
    this.#tracker.observe(event, alerts)
    if (alerts.length > 0) this.#book.take(this.#tracker.takeChanges())
  }

  /** Takes alerts that came after their events. */
  add(alerts: readonly Alert[]): void {
    for (const alert of alerts) this.#tracker.add(alert)
    if (alerts.length > 0) this.#book.take(this.#tracker.takeChanges())
  }

  /** Keeps an alert's line until it is known which incident it is part of. */
  hold(alert: HeldAlert): void {
    this.#held.push(alert)
  }

  get isFull(): boolean {
    return this.#held.length >= ALERTS_HELD_MAX
  }

  /**
   * The kept lines with the incidents they are part of now. Where they had to be told early, an
   * incident that became part of another is named in that one's `merged`.
   */
  release(): readonly object[] {
    const lines = this.#held.map((alert) => {
      return { ...alert, incident_id: this.#book.incidentOf(alert.id) }
    })
    this.#held = []
    return lines
  }

  incidents(): readonly BookedIncident[] {
    return this.#book.incidents()
  }
}

/** An incident in the form that scripts rely on. */
export function incidentDocument({ incident, joins, merged }: BookedIncident): object {
  const { host, alert_count: _count, tenant_id: _tenant, ...rest } = incident
  return {
    kind: 'incident',
    ...rest,
    host: host.name ?? host.id,
    alerts: joins.map(({ alert_id: id }) => id),
    joins,
    merged,
  }
}

/** Incidents for people: the worst first, those that call for nobody as a number. */
export function incidentText(incidents: readonly BookedIncident[]): readonly string[] {
  const loud = incidents
    .filter(({ incident }) => severityRank(incident.severity) >= QUIET)
    .toSorted((a, b) => b.incident.risk_score - a.incident.risk_score)
  const quiet = incidents.length - loud.length
  const width = Math.max(...SEVERITIES.map(({ length }) => length)) + 2
  const indent = ' '.repeat(width)
  const lines = loud.slice(0, LISTED_MAX).flatMap(({ incident, joins }) => {
    const { severity, name, first_time: from, last_time: to, tactics, root } = incident
    const reasons = joins.slice(1, ALERTS_LISTED_MAX + 1).map(({ because }) => because)
    const others = [...new Set(reasons)].slice(0, 3)
    return [
      `${severity.toUpperCase().padEnd(width)}${printable(name, 240)}`,
      `${indent}${incident.alert_count} alerts, ${from.slice(0, 19)}Z to ${to.slice(11, 19)}Z`,
      `${indent}${tactics.join(' › ')}`,
      ...(root === undefined
        ? []
        : [`${indent}root: ${printable(root.command_line ?? root.name ?? '', 160)}`]),
      ...others.map((reason) => `${indent}${printable(reason, 200)}`),
    ]
  })
  const more = loud.length - LISTED_MAX
  return [
    '',
    ...(loud.length > 0 ? ['Incidents', ...lines] : []),
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...(quiet > 0 ? [`${quiet} incidents below medium`] : []),
  ]
}
