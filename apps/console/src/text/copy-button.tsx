import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

const DONE_MS = 1200

interface CopyButtonProps {
  readonly text: string
  /** What is copied, for screen readers and the tooltip. */
  readonly label: string
}

/** Copies the exact value, not what the screen shows of it. */
export function CopyButton({ text, label }: CopyButtonProps) {
  const { t } = useTranslation()
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return undefined
    const timer = setTimeout(() => setDone(false), DONE_MS)
    return () => clearTimeout(timer)
  }, [done])
  const title = done ? t('text.copied') : t('text.copy', { label })
  return (
    <button
      type="button"
      className={`plain-button copy ${done ? 'copy-done' : ''}`}
      title={title}
      aria-label={title}
      onClick={(event) => {
        event.stopPropagation()
        void navigator.clipboard.writeText(text).then(
          () => setDone(true),
          () => setDone(false),
        )
      }}
    >
      {done ? <IconCheck size={13} aria-hidden /> : <IconCopy size={13} aria-hidden />}
    </button>
  )
}
