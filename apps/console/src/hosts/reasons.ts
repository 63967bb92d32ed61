import type { TFunction } from 'i18next'

const KNOWN = [
  'sensor_starting',
  'sensor_restarted',
  'agent_stopped',
  'agent_killed',
  'accounts_damaged',
  'queue_full',
  'spool_full',
  'disk_reserve',
  'too_large',
  'too_long',
  'damaged',
  'file_missing',
  'log_storage',
  'unmodified',
] as const

/** Why a ledger counts what it does, in words; a reason of a newer agent stays as it is. */
export function reasonText(t: TFunction, reason: string): string {
  const known = KNOWN.find((one) => one === reason)
  return known === undefined ? reason : t(`reason.${known}`)
}
