import type { Incident, IncidentChange, IncidentJoin } from '@pomona/schema'

/** An incident with how each of its alerts came to it, in order. */
export interface BookedIncident {
  readonly incident: Incident
  readonly joins: readonly IncidentJoin[]
  /** Ids of incidents that became part of it. */
  readonly merged: readonly string[]
}

/** Collects changes into incidents: what a store does, for a run that needs none. */
export class IncidentBook {
  readonly #incidents = new Map<string, Booked>()
  readonly #byAlert = new Map<string, string>()

  /** Takes changes up, in order. */
  take(changes: readonly IncidentChange[]): void {
    for (const { incident, joins, merged } of changes) {
      const known = this.#incidents.get(incident.id)
      const all: Booked = { incident, joins: known?.joins ?? [], merged: known?.merged ?? [] }
      for (const id of merged) {
        const other = this.#incidents.get(id)
        all.joins.push(...(other?.joins ?? []))
        all.merged.push(...(other?.merged ?? []), id)
        this.#incidents.delete(id)
      }
      all.joins.push(...joins)
      for (const { alert_id: alertId } of all.joins) this.#byAlert.set(alertId, incident.id)
      this.#incidents.set(incident.id, all)
    }
  }

  /** Id of the incident an alert is part of. */
  incidentOf(alertId: string): string | undefined {
    return this.#byAlert.get(alertId)
  }

  /** Every incident, in the order in which they began to be told of. */
  incidents(): readonly BookedIncident[] {
    return [...this.#incidents.values()]
  }
}

interface Booked extends BookedIncident {
  readonly joins: IncidentJoin[]
  readonly merged: string[]
}
