import {
  AlertRecord,
  type AlertUpdate,
  type FirstRunRequest,
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
