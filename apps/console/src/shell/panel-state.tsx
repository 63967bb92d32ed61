import { Button, Loader, Skeleton } from '@mantine/core'
import { IconCloudOff, IconMoodEmpty, type TablerIcon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ConsoleError } from '../errors.ts'
import { Untrusted } from '../text/untrusted.tsx'
import './shell.css'

/** Placeholder lines while a panel loads. */
export function PanelLoading({ lines = 6 }: { readonly lines?: number }) {
  const { t } = useTranslation()
  return (
    <div className="panel-state panel-loading" role="status" aria-label={t('state.loading')}>
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} height={14} radius="sm" width={`${95 - ((index * 17) % 40)}%`} />
      ))}
    </div>
  )
}

/** Placeholder while a page's code loads. */
export function PageLoading() {
  const { t } = useTranslation()
  return (
    <div className="page-loading" role="status" aria-label={t('state.loading')}>
      <Loader size="sm" type="dots" />
    </div>
  )
}

interface PanelEmptyProps {
  readonly title: string
  readonly hint?: string
  readonly Icon?: TablerIcon
  readonly children?: ReactNode
}

/** Nothing to show, and why. */
export function PanelEmpty({ title, hint, Icon = IconMoodEmpty, children }: PanelEmptyProps) {
  return (
    <div className="panel-state" role="status">
      <Icon size={26} stroke={1.4} aria-hidden className="dim" />
      <strong>{title}</strong>
      {hint !== undefined && <span className="dim">{hint}</span>}
      {children}
    </div>
  )
}

interface PanelErrorProps {
  readonly error: unknown
  readonly onRetry: () => void
}

/** What went wrong in a panel, with a way to try again. */
export function PanelError({ error, onRetry }: PanelErrorProps) {
  const { t } = useTranslation()
  const known = error instanceof ConsoleError
  const status = known ? error.status : undefined
  const code = known ? (error.problem ?? error.code) : undefined
  return (
    <div className="panel-state" role="alert">
      <IconCloudOff size={26} stroke={1.4} aria-hidden className="panel-bad" />
      <strong>{status === 404 ? t('state.not_found') : t('state.failed')}</strong>
      <span className="dim">
        <Untrusted text={error instanceof Error ? error.message : String(error)} lengthMax={400} />
      </span>
      {code !== undefined && <code className="mono dim">{code}</code>}
      <Button size="compact-sm" variant="default" onClick={onRetry}>
        {t('state.retry')}
      </Button>
    </div>
  )
}
