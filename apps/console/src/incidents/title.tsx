import { type IncidentRecord, weightiestTactics } from '@pomona/schema'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'

type Named = Pick<IncidentRecord, 'name' | 'activity' | 'origin' | 'host' | 'tactics' | 'rules'>

const TACTICS_MAX = 3

/**
 * An incident's name in the reader's language. The server's is English and made from the same
 * parts; that of a single rule is the rule's, which has no translation.
 */
export function incidentTitle(t: TFunction, language: string, incident: Named): string {
  const { name, activity, origin, host, tactics, rules } = incident
  if (language.startsWith('en') || rules.length <= 1) return name
  const shown = weightiestTactics(tactics, TACTICS_MAX)
  const parts = {
    activity: t(`activity_kind.${activity}`),
    origin: origin ?? '',
    host: host.name ?? host.id,
    tactics: shown
      .map((tactic) => t(`tactic.${tactic}`))
      .join(language.startsWith('zh') ? '、' : ', '),
  }
  return origin === undefined ? t('incident.title', parts) : t('incident.title_from', parts)
}

/** An incident's name on the screen. */
export function IncidentTitle({
  incident,
  clip = false,
}: {
  readonly incident: Named
  readonly clip?: boolean
}) {
  const { t, i18n } = useTranslation()
  return <Untrusted text={incidentTitle(t, i18n.language, incident)} clip={clip} />
}
