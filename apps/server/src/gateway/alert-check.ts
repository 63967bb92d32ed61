import {
  type Alert,
  type AlertIdentity,
  alertId,
  type DeadLetter,
  deriveId,
  HostAlert,
  padTime,
  TENANT_DEFAULT,
} from '@pomona/schema'
import type { Envelope } from './body.ts'
import type { RateLimiter } from './rate.ts'

/** Why an alert of a host is set aside. */
export type AlertRefusal =
  | 'alert_invalid'
  | 'alert_of_foreign_host'
  | 'alert_id_wrong'
  | 'sequence_outside_range'
  | 'sequence_repeated'
  | 'alert_too_large'
  | 'alerts_flooded'

/** The alerts of a batch after each of them was judged. */
export interface CheckedAlerts {
  readonly accepted: readonly Alert[]
  readonly refused: ReadonlyMap<AlertRefusal, number>
  readonly letters: readonly DeadLetter[]
}

interface CheckOptions {
  readonly time: string
  /** Refused alerts kept as dead letters; further ones are only counted. */
  readonly lettersMax: number
  /** Alerts by host. */
  readonly rate: RateLimiter
}

const ALERT_CHARACTERS_MAX = 256 * 1024
const SAMPLE_CHARACTERS_MAX = 1_024

/**
 * Judges each alert that the engine on a host found. A host may say anything of itself and nothing
 * of others; the id has to be the one its parts give, so that a host cannot take the place of an
 * alert that the server will find with other parts.
 */
export function checkAlerts(batch: Envelope, options: CheckOptions): CheckedAlerts {
  const accepted: Alert[] = []
  const refused = new Map<AlertRefusal, number>()
  const letters: DeadLetter[] = []
  let sequenceLast = -1
  for (const [index, value] of (batch.alerts ?? []).entries()) {
    const verdict = judge(value, { batch, sequenceLast })
    const isFlood = verdict.ok && options.rate.take(batch.host.id, 1) > 0
    if (verdict.ok && !isFlood) {
      accepted.push(verdict.alert)
      sequenceLast = verdict.sequence
      continue
    }
    const reason = verdict.ok ? 'alerts_flooded' : verdict.reason
    const detail = verdict.ok ? 'The host tells of more alerts than it may.' : verdict.detail
    refused.set(reason, (refused.get(reason) ?? 0) + 1)
    if (letters.length >= options.lettersMax) continue
    const place = [batch.stream_id, String(batch.first_sequence), batch.digest, `alert ${index}`]
    letters.push({
      id: deriveId('dead-letter', ['gateway', ...place]),
      time: options.time,
      stage: 'gateway',
      reason,
      host_id: batch.host.id,
      detail,
      sample: JSON.stringify(value).slice(0, SAMPLE_CHARACTERS_MAX),
    })
  }
  return { accepted, refused, letters }
}

type Verdict =
  | { readonly ok: true; readonly alert: Alert; readonly sequence: number }
  | { readonly ok: false; readonly reason: AlertRefusal; readonly detail: string }

function judge(
  value: unknown,
  { batch, sequenceLast }: { readonly batch: Envelope; readonly sequenceLast: number },
): Verdict {
  const parsed = HostAlert.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refuse('alert_invalid', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
  const { sequence, alert } = parsed.data
  const time = padTime(alert.time)
  if (time === undefined) return refuse('alert_invalid', 'time: not a time.')
  if (alert.host.id !== batch.host.id || alert.tenant_id !== TENANT_DEFAULT) {
    return refuse('alert_of_foreign_host', 'host.id or tenant_id is not that of the batch.')
  }
  if (alert.id !== idOf(alert)) return refuse('alert_id_wrong', 'id is not that of its parts.')
  if (sequence < batch.first_sequence || sequence > batch.last_sequence) {
    return refuse('sequence_outside_range', `Sequence ${sequence} is outside the batch's range.`)
  }
  if (sequence <= sequenceLast) {
    return refuse('sequence_repeated', `Sequence ${sequence} does not rise.`)
  }
  const characters = JSON.stringify(alert).length
  if (characters > ALERT_CHARACTERS_MAX) {
    return refuse('alert_too_large', `The alert has ${characters} characters.`)
  }
  return { ok: true, alert: { ...alert, time }, sequence }
}

function idOf({ rule_id, rule_version, tenant_id, group_key, events }: Alert): string {
  // Texts of a message; the brands only mark what each of them stands for.
  const identity = {
    ruleId: rule_id,
    ruleVersion: rule_version,
    tenantId: tenant_id,
    groupKey: group_key,
    eventIds: events,
  } as unknown as AlertIdentity
  return alertId(identity)
}

function refuse(reason: AlertRefusal, detail: string): Verdict {
  return { ok: false, reason, detail }
}
