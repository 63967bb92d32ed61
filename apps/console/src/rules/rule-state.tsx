import type { RuleSummary } from '@pomona/schema'
import {
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconFilter,
  IconPuzzleOff,
  type TablerIcon,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import './rules.css'

type State = RuleSummary['state']

const ICONS: Readonly<Record<State, TablerIcon>> = {
  loaded: IconCircleCheck,
  dead: IconCircleDashed,
  unsupported: IconPuzzleOff,
  failed: IconCircleX,
  applied: IconFilter,
}

/** What became of a rule, as icon, word and colour. */
export function RuleState({ state }: { readonly state: State }) {
  const { t } = useTranslation()
  const Icon = ICONS[state]
  return (
    <span className={`row rule-state rule-${state}`} title={t(`rule.${state}_hint`)}>
      <Icon size={14} stroke={1.8} aria-hidden />
      {t(`rule.${state}`)}
    </span>
  )
}
