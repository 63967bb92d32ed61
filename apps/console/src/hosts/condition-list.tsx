import { IconAlertOctagon, IconAlertTriangle } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { visibleText } from '../text/escape.ts'
import { Untrusted } from '../text/untrusted.tsx'
import type { Condition } from './conditions.ts'

function titleOf(t: TFunction, { kind, count }: Condition): string {
  return t(`condition.${kind}`, { count: count ?? 0 })
}

/** One problem of a host: icon, word and colour. */
export function ConditionBadge({ condition }: { readonly condition: Condition }) {
  const { t } = useTranslation()
  const { grave, name } = condition
  const Icon = grave ? IconAlertOctagon : IconAlertTriangle
  return (
    <span className={`condition ${grave ? 'condition-grave' : ''}`}>
      <Icon size={13} stroke={2} aria-hidden />
      <span className="clip">
        {titleOf(t, condition)}
        {name !== undefined && (
          <>
            {' '}
            <Untrusted text={name} mono />
          </>
        )}
      </span>
    </span>
  )
}

interface ConditionLineProps {
  readonly conditions: readonly Condition[]
  /** Problems shown by name. */
  readonly max: number
}

/** The worst problems of a host in one line, the others by number and in the title. */
export function ConditionLine({ conditions, max }: ConditionLineProps) {
  const { t } = useTranslation()
  if (conditions.length === 0) return <span className="dim">–</span>
  const lines = conditions.map((one) =>
    one.name === undefined ? titleOf(t, one) : `${titleOf(t, one)} ${visibleText(one.name)}`,
  )
  return (
    <span className="row condition-line" title={lines.join('\n')}>
      {conditions.slice(0, max).map((one) => (
        <ConditionBadge key={`${one.kind} ${one.name ?? ''}`} condition={one} />
      ))}
      {conditions.length > max && (
        <span className="tag">{t('condition.more', { count: conditions.length - max })}</span>
      )}
    </span>
  )
}
