import { formatTime, type IncidentRecord, type IncidentUpdate } from '@pomona/schema'
import type { JoinedAlert } from '@pomona/store'
import { HttpProblem } from '../http/problem.ts'
import type { Handlers } from './routes.ts'
import { chainOf } from './incident-chain.ts'
import type { ApiParts } from './parts.ts'
import { withAlerts } from './processes.ts'

type IncidentHandlers = Pick<
  Handlers,
  | 'incidentList'
  | 'incidentShow'
  | 'incidentProcesses'
  | 'incidentUpdate'
  | 'incidentBulkUpdate'
  | 'incidentNote'
>

const ALERTS_SHOWN_MAX = 500

/** Incidents: find, read, decide. */
export function incidentHandlers(parts: ApiParts): IncidentHandlers {
  const { records, clock } = parts
  return {
    incidentList: ({ query }) => records.incidents(query),
    incidentShow: async ({ params }) => await detailOf(parts, params.id),
    incidentProcesses: async ({ params }) => {
      const incident = await existing(parts, params.id)
      const joined = await records.incidentAlerts(incident.id, ALERTS_SHOWN_MAX)
      const alerts = joined.map(({ alert }) => alert)
      const chain = await chainOf(parts.events, { incident, alerts })
      return { ...chain, nodes: await withAlerts(parts, chain.nodes) }
    },
    incidentUpdate: async ({ params, body, user }) => {
      const change = { ids: [params.id], update: body, actor: user.name }
      const [incident] = await update(parts, change)
      if (incident === undefined) throw noSuchIncident()
      return incident
    },
    incidentBulkUpdate: async ({ body, user }) => {
      const { ids, update: change } = body
      return { items: [...(await update(parts, { ids, update: change, actor: user.name }))] }
    },
    incidentNote: async ({ params, body, user }) => {
      const by = { actor: user.name, at: formatTime(clock.nowNs()) }
      if (!(await records.noteIncident(params.id, body.text, by))) throw noSuchIncident()
      const incident = await existing(parts, params.id)
      parts.hub.publish({ kind: 'incident', incident })
      return { items: [...(await records.incidentActivity(incident.id))] }
    },
  }
}

async function existing({ records }: ApiParts, id: string): Promise<IncidentRecord> {
  const incident = await records.incident(id)
  if (incident === undefined) throw noSuchIncident()
  return incident
}

async function detailOf(parts: ApiParts, id: string) {
  const { records } = parts
  const incident = await existing(parts, id)
  const joined = await records.incidentAlerts(incident.id, ALERTS_SHOWN_MAX)
  return {
    incident,
    alerts: inOrder(joined),
    alerts_omitted: Math.max(0, incident.alert_count - joined.length),
    activity: [...(await records.incidentActivity(incident.id))],
  }
}

// Of alerts of one event, the one that opened the incident is told first.
function inOrder(joined: readonly JoinedAlert[]): JoinedAlert[] {
  const later = ({ join }: JoinedAlert): number => (join.kind === 'first' ? 0 : 1)
  return joined.toSorted((a, b) => {
    if (a.alert.time !== b.alert.time) return a.alert.time < b.alert.time ? -1 : 1
    return later(a) - later(b)
  })
}

interface Change {
  readonly ids: readonly string[]
  readonly update: IncidentUpdate
  readonly actor: string
}

async function update(
  { records, clock, hub }: ApiParts,
  { ids, update: change, actor }: Change,
): Promise<readonly IncidentRecord[]> {
  const by = { actor, at: formatTime(clock.nowNs()) }
  const { incidents, alerts } = await records.updateIncidents(ids, change, by)
  for (const incident of incidents) hub.publish({ kind: 'incident', incident })
  for (const alert of alerts) hub.publish({ kind: 'alert_updated', alert })
  return incidents
}

function noSuchIncident(): HttpProblem {
  return new HttpProblem('not_found', 'There is no incident with this id.')
}
