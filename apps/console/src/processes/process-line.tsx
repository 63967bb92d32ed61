import type { ProcessNode } from '@pomona/schema'
import { IconAlertTriangle, IconTarget } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'
import { between, duration } from '../time/format.ts'
import { useTimeFormat } from '../time/time-mode.tsx'
import { SignerBadge } from './signer-badge.tsx'
import { type TreeNode, worstSeverity } from './tree.ts'

/** Marks on a process: that the page is about it, and what fired on it. */
export function ProcessMarks({
  process,
  focus,
}: {
  readonly process: ProcessNode
  readonly focus: string
}) {
  const { t } = useTranslation()
  const worst = worstSeverity(process)
  return (
    <>
      {process.entity_id === focus && (
        <span className="pill pill-focus">
          <IconTarget size={11} stroke={2} aria-hidden />
          {t('tree.focus')}
        </span>
      )}
      {worst !== undefined && (
        <span className={`pill severity-${worst}`}>
          <IconAlertTriangle size={11} stroke={2} aria-hidden />
          {t('tree.alerts', { count: process.alerts.length })}
        </span>
      )}
    </>
  )
}

/** How a process ended, if it did: its life and exit code. */
export function ProcessLife({ process }: { readonly process: ProcessNode }) {
  const { t } = useTranslation()
  const { locale } = useTimeFormat()
  const life = between({ from: process.start, to: process.end })
  const code = process.exit_code
  return (
    <span className="tree-life dim">
      {life !== undefined && life >= 0n && <span>{duration(life, locale)}</span>}
      {code !== undefined && (
        <span className={code === 0 ? '' : 'tree-failed'}>{t('tree.exit', { code })}</span>
      )}
      {process.end === undefined && <span className="tree-running">{t('tree.running')}</span>}
    </span>
  )
}

interface ProcessLineProps {
  readonly node: TreeNode
  readonly focus: string
  /** Start of the focus, which the other starts are told from. */
  readonly origin: string | undefined
}

function StartOffset({
  process,
  focus,
  origin,
}: Omit<ProcessLineProps, 'node'> & {
  readonly process: ProcessNode
}) {
  const { locale } = useTimeFormat()
  const offset = between({ from: origin, to: process.start })
  if (offset === undefined || process.entity_id === focus) return <span className="tree-offset" />
  return (
    <span className="tree-offset dim">{`${offset < 0n ? '' : '+'}${duration(offset, locale)}`}</span>
  )
}

/** A process on one line of the outline. */
export function ProcessLine({ node, focus, origin }: ProcessLineProps) {
  const { t } = useTranslation()
  const { process, replaced } = node
  const before = replaced.at(-1)
  return (
    <>
      <span className="tree-name">
        <Untrusted text={process.name ?? process.executable} clip />
      </span>
      <span className="tree-pid mono dim">{process.pid}</span>
      <ProcessMarks process={process} focus={focus} />
      <SignerBadge
        signer={process.signer}
        teamId={process.team_id}
        signingId={process.signing_id}
      />
      <span className="tree-command grow">
        <Untrusted text={process.command_line ?? process.executable} mono clip />
      </span>
      {before !== undefined && before.name !== process.name && (
        <span className="tag tree-exec">
          {t('tree.exec_from')} <Untrusted text={before.name ?? before.executable} />
        </span>
      )}
      <StartOffset process={process} focus={focus} origin={origin} />
      <ProcessLife process={process} />
    </>
  )
}
