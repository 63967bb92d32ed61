import type { AlertId, AlertRecord, AlertUpdate, EventId } from '@pomona/schema'
import { formatTime } from '@pomona/schema'
import { codeOf } from '../errors.ts'
import { HttpProblem } from '../http/problem.ts'
import type { Handlers } from './routes.ts'
import type { ApiParts } from './parts.ts'

type AlertHandlers = Pick<Handlers, 'alertList' | 'alertShow' | 'alertUpdate' | 'alertBulkUpdate'>

/** The alert queue: find, read, decide. */
export function alertHandlers(parts: ApiParts): AlertHandlers {
  const { records, clock, rules } = parts
  return {
    alertList: ({ query }) => records.alerts(query, formatTime(clock.nowNs())),
    alertShow: async ({ params }) => {
      const alert = await records.alert(alertIdOf(params.id))
      if (alert === undefined) throw noSuchAlert()
      const evidence = await evidenceOf(parts, alert)
      const found = new Set(evidence.map((event) => event.event?.id))
      const rule = rules().detail(alert.rule_id)
      return {
        alert,
        ...(rule === undefined ? {} : { rule }),
        evidence: [...evidence],
        evidence_missing: alert.events.filter((id) => !found.has(id)),
        activity: [...(await records.activity(alertIdOf(alert.id)))],
      }
    },
    alertUpdate: async ({ params, body, user }) => {
      const [alert] = await update(parts, { ids: [params.id], update: body, actor: user.name })
      if (alert === undefined) throw noSuchAlert()
      return alert
    },
    alertBulkUpdate: async ({ body, user }) => {
      const { ids, update: change } = body
      return { items: [...(await update(parts, { ids, update: change, actor: user.name }))] }
    },
  }
}

const EVIDENCE_MAX = 200

/** An alert is worth showing when its events cannot be read: they are then listed as missing. */
async function evidenceOf({ events }: ApiParts, alert: AlertRecord) {
  try {
    // Ids of events the engine read from the log.
    const found = await events.get(alert.events.slice(0, EVIDENCE_MAX) as EventId[])
    // An agent chooses its stream's id, and so could give its events the ids of another host's.
    return found.filter((event) => event.host?.id === alert.host.id)
  } catch (error) {
    if (codeOf(error) !== 'ERR_EVENTS_UNAVAILABLE') throw error
    return []
  }
}

interface Change {
  readonly ids: readonly string[]
  readonly update: AlertUpdate
  readonly actor: string
}

async function update(
  { records, clock, hub }: ApiParts,
  { ids, update: change, actor }: Change,
): Promise<readonly AlertRecord[]> {
  const by = { actor, at: formatTime(clock.nowNs()) }
  const changed = await records.updateAlerts(ids.map(alertIdOf), change, by)
  for (const alert of changed) hub.publish({ kind: 'alert_updated', alert })
  return changed
}

/** Any text may be asked for: an unknown id finds nothing. */
function alertIdOf(text: string): AlertId {
  return text as AlertId
}

function noSuchAlert(): HttpProblem {
  return new HttpProblem('not_found', 'There is no alert with this id.')
}
