import { IconPlugConnectedX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useLive } from '../live/live.tsx'
import { shortTime } from '../time/format.ts'
import { useTimeFormat } from '../time/time-mode.tsx'

/** Says that what is on the screen may be old, since when, and offers to try again. */
export function OfflineBanner() {
  const { t } = useTranslation()
  const { state, lostMs, retry } = useLive()
  const format = useTimeFormat()
  if (state !== 'offline') return null
  const since = lostMs === undefined ? '' : shortTime(new Date(lostMs).toISOString(), format)
  return (
    <div className="banner" role="alert">
      <IconPlugConnectedX size={16} aria-hidden />
      <span className="grow">{t('live.banner', { since })}</span>
      <button type="button" className="plain-button banner-button" onClick={retry}>
        {t('live.retry')}
      </button>
    </div>
  )
}
