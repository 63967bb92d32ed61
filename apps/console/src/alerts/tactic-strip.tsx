import { Tooltip } from '@mantine/core'
import { isTactic } from '@pomona/schema'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'
import { shownTactics } from './tactics.ts'

interface TacticStripProps {
  readonly tactics: readonly string[]
  /** ATT&CK version to draw where the tactics do not show it. */
  readonly version?: string
}

/** Where in the course of an attack something stands. */
export function TacticStrip({ tactics, version }: TacticStripProps) {
  const { t } = useTranslation()
  const unknown = tactics.filter((tactic) => !isTactic(tactic))
  const { cells, hits } = shownTactics(tactics, version)
  return (
    <ol className="tactics" aria-label={t('alert.tactics')}>
      {cells.map((tactic) => (
        <li
          key={tactic}
          className={hits.has(tactic) ? 'tactic tactic-hit' : 'tactic'}
          aria-current={hits.has(tactic) ? 'step' : undefined}
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

/** The same as a row of marks, for a line of a list; the names are said on hover and read out. */
export function TacticMarks({ tactics }: { readonly tactics: readonly string[] }) {
  const { t } = useTranslation()
  const { cells, hits } = shownTactics(tactics)
  const names = cells.filter((tactic) => hits.has(tactic))
  const label = names.map((tactic) => t(`tactic.${tactic}`)).join(' › ')
  if (names.length === 0) return <span className="dim">–</span>
  return (
    <Tooltip label={label}>
      <span className="tactic-marks" role="img" aria-label={label}>
        {cells.map((tactic) => (
          <span
            key={tactic}
            className={hits.has(tactic) ? 'tactic-mark tactic-mark-hit' : 'tactic-mark'}
          />
        ))}
      </span>
    </Tooltip>
  )
}
