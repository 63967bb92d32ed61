import {
  ActivityEntry,
  AlertRecord,
  type AlertUpdate,
  type FirstRunRequest,
  IncidentRecord,
  type IncidentUpdate,
  SessionInfo,
  type SignInRequest,
} from '@pomona/schema'
import { z } from 'zod'
import { request } from './client.ts'

/** Opens a session. */
export function signIn(body: SignInRequest): Promise<SessionInfo> {
  return request('/session', { schema: SessionInfo, method: 'POST', body })
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  await request('/session', { schema: z.unknown(), method: 'DELETE' })
}

/** Creates the first user with the token of the one-time link, and signs in. */
export function firstRun(body: FirstRunRequest): Promise<SessionInfo> {
  return request('/first-run', { schema: SessionInfo, method: 'POST', body })
}

/** Changes one alert. */
export function updateAlert(id: string, update: AlertUpdate): Promise<AlertRecord> {
  const path = `/alerts/${encodeURIComponent(id)}`
  return request(path, { schema: AlertRecord, method: 'PATCH', body: update })
}

const BulkAnswer = z.object({ items: z.array(AlertRecord) })

/** Changes several alerts; ids the server does not know are left out of the answer. */
export async function updateAlerts(
  ids: readonly string[],
  update: AlertUpdate,
): Promise<readonly AlertRecord[]> {
  const body = { ids, update }
  const answer = await request('/alerts/bulk', { schema: BulkAnswer, method: 'POST', body })
  return answer.items
}

const IncidentsAnswer = z.object({ items: z.array(IncidentRecord) })

/** Changes incidents; ids the server does not know are left out of the answer. */
export async function updateIncidents(
  ids: readonly string[],
  update: IncidentUpdate,
): Promise<readonly IncidentRecord[]> {
  const body = { ids, update }
  const answer = await request('/incidents/bulk', {
    schema: IncidentsAnswer,
    method: 'POST',
    body,
  })
  return answer.items
}

const ActivityAnswer = z.object({ items: z.array(ActivityEntry) })

/** Writes a note into an incident's history; answers with the history. */
export async function addNote(note: {
  readonly id: string
  readonly text: string
}): Promise<readonly ActivityEntry[]> {
  const { id, text } = note
  const path = `/incidents/${encodeURIComponent(id)}/notes`
  const answer = await request(path, { schema: ActivityAnswer, method: 'POST', body: { text } })
  return answer.items
}
