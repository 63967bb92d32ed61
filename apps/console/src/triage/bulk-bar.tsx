import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'

interface BulkBarProps {
  readonly label: string
  readonly count: number
  readonly onDecide: () => void
  readonly onClear: () => void
}

/** How many rows are chosen, and what can be done with them; nothing while none is. */
export function BulkBar({ label, count, onDecide, onClear }: BulkBarProps) {
  const { t } = useTranslation()
  if (count === 0) return null
  return (
    <section className="bulk" aria-label={label}>
      <strong>{t('bulk.chosen', { count })}</strong>
      <Button size="compact-xs" onClick={onDecide}>
        {t('bulk.decide')}
      </Button>
      <button type="button" className="plain-button text-more" onClick={onClear}>
        {t('bulk.clear')}
      </button>
    </section>
  )
}
