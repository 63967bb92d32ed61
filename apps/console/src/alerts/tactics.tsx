import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'

/**
 * Tactics in the order of an attack, as both vocabularies in use name them: ATT&CK 19 split
 * `defense-evasion` into `stealth` and `defense-impairment`.
 */
const ORDER = [
  'reconnaissance',
  'resource-development',
  'initial-access',
  'execution',
  'persistence',
  'privilege-escalation',
  'defense-evasion',
  'stealth',
  'defense-impairment',
  'credential-access',
  'discovery',
  'lateral-movement',
  'collection',
  'command-and-control',
  'exfiltration',
  'impact',
] as const
type Tactic = (typeof ORDER)[number]

const VERSION_SPLIT = 19
const OLD_ONLY: ReadonlySet<Tactic> = new Set<Tactic>(['defense-evasion'])
const NEW_ONLY: ReadonlySet<Tactic> = new Set<Tactic>(['stealth', 'defense-impairment'])

interface TacticStripProps {
  readonly tactics: readonly string[]
  readonly version: string
}

/** Where in the course of an attack the alert stands. */
export function TacticStrip({ tactics, version }: TacticStripProps) {
  const { t } = useTranslation()
  const absent = Number.parseInt(version, 10) < VERSION_SPLIT ? NEW_ONLY : OLD_ONLY
  const shown = ORDER.filter((tactic) => !absent.has(tactic) || tactics.includes(tactic))
  const unknown = tactics.filter((tactic) => !ORDER.some((known) => known === tactic))
  return (
    <ol className="tactics" aria-label={t('alert.tactics')}>
      {shown.map((tactic) => (
        <li
          key={tactic}
          className={tactics.includes(tactic) ? 'tactic tactic-hit' : 'tactic'}
          aria-current={tactics.includes(tactic) ? 'step' : undefined}
        >
          {t(`tactic.${tactic}`)}
        </li>
      ))}
      {unknown.map((tactic) => (
        <li key={tactic} className="tactic tactic-hit">
          <Untrusted text={tactic} />
        </li>
      ))}
    </ol>
  )
}
