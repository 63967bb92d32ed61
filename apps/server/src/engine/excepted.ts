import type { ExceptedAlert } from '@pomona/detect'
import type { AlertId, AlertRecord } from '@pomona/schema'
import type { Committed, Records } from '@pomona/store'

/** What was committed, and which of it exceptions keep from being told. */
export interface ExceptedCommit {
  readonly committed: Committed
  readonly excepted: readonly ExceptedAlert[]
  readonly storedAt: string
}

/**
 * Closes the excepted alerts among those that are new, under the name of the exception: who looks
 * for them finds them with the reason, and nobody is called.
 *
 * @returns The other new alerts.
 */
export async function closeExcepted(
  records: Records,
  { committed, excepted, storedAt }: ExceptedCommit,
): Promise<readonly AlertRecord[]> {
  if (excepted.length === 0) return committed.alerts
  const byId = new Map(excepted.map(({ alert, exception }) => [alert.id, exception]))
  // A host may have told of it before the server knew that it is excepted.
  const untouched = committed.confirmed.filter(({ status }) => status === 'new')
  for (const { id } of [...committed.alerts, ...untouched]) {
    const exception = byId.get(id)
    if (exception === undefined) continue
    const update = { status: 'closed', verdict: 'benign_positive' } as const
    const actor = `exception ${exception.name} (${exception.owner}): ${exception.reason}`
    // The id of a stored alert is one.
    await records.updateAlerts([id as AlertId], update, { actor, at: storedAt })
  }
  return committed.alerts.filter(({ id }) => !byId.has(id))
}
