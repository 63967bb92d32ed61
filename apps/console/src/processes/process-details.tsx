import { type ProcessNode, severityRank } from '@pomona/schema'
import { IconArrowRight, IconTimeline } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { ProcessLife } from './process-line.tsx'
import { SignerBadge } from './signer-badge.tsx'

const VALUE_LENGTH_MAX = 600

interface FactProps {
  readonly name: string
  readonly text: string | undefined
  readonly mono?: boolean
}

/** A named value with a copy button; nothing at all when there is no value. */
export function Fact({ name, text, mono = true }: FactProps) {
  if (text === undefined || text === '') return null
  return (
    <FactRow name={name}>
      <span className="fact-value">
        <Untrusted text={text} mono={mono} lengthMax={VALUE_LENGTH_MAX} />
        <CopyButton text={text} label={name} />
      </span>
    </FactRow>
  )
}

/** A named value of any kind. */
export function FactRow({
  name,
  children,
}: {
  readonly name: string
  readonly children: ReactNode
}) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Links({ process, focus }: ProcessDetailsProps) {
  const { t } = useTranslation()
  const host = encodeURIComponent(process.host_id)
  const entity = encodeURIComponent(process.entity_id)
  return (
    <div className="row wrap details-links">
      <Link to={`/hosts/${host}?process=${entity}`} className="row">
        <IconTimeline size={14} aria-hidden />
        {t('process.events')}
      </Link>
      {process.entity_id !== focus && (
        <Link to={`/hosts/${host}/processes/${entity}`} className="row">
          <IconArrowRight size={14} aria-hidden />
          {t('process.tree')}
        </Link>
      )}
    </div>
  )
}

/** What fired on the process, worst first, a rule once with how often. */
function Fired({ process }: { readonly process: ProcessNode }) {
  const groups = [...Map.groupBy(process.alerts, ({ rule_name: rule }) => rule).values()]
    .flatMap(([first, ...rest]) => (first === undefined ? [] : [{ first, count: rest.length + 1 }]))
    .toSorted((a, b) => severityRank(b.first.severity) - severityRank(a.first.severity))
  if (groups.length === 0) return null
  return (
    <ul className="details-alerts">
      {groups.map(({ first, count }) => (
        <li key={first.id} className="row">
          <SeverityBadge severity={first.severity} />
          <Link to={`/alerts/${encodeURIComponent(first.id)}`} className="clip grow">
            <Untrusted text={first.rule_name} clip />
          </Link>
          {count > 1 && <span className="dim">{`×${count}`}</span>}
        </li>
      ))}
    </ul>
  )
}

interface ProcessDetailsProps {
  readonly process: ProcessNode
  readonly focus: string
}

/** Everything known of one process image. */
export function ProcessDetails({ process, focus }: ProcessDetailsProps) {
  const { t } = useTranslation()
  return (
    <aside className="details scroll" aria-label={t('process.details')}>
      <div className="row wrap">
        <h2>
          <Untrusted text={process.name ?? process.executable} />
        </h2>
        <SignerBadge
          signer={process.signer}
          teamId={process.team_id}
          signingId={process.signing_id}
        />
      </div>
      <ProcessLife process={process} />
      <Fired process={process} />
      <dl className="facts facts-stacked">
        <Fact name={t('process.command_line')} text={process.command_line} />
        <Fact name={t('process.executable')} text={process.executable} />
        <Fact name={t('process.working_directory')} text={process.working_directory} />
        <FactRow name={t('process.pid')}>
          <span className="mono">{`${process.pid} / ${process.pidversion}`}</span>
        </FactRow>
        <Fact name={t('field.user')} text={process.user_name ?? process.user_id} mono={false} />
        <FactRow name={t('process.start')}>
          <Timestamp time={process.start} />
        </FactRow>
        {process.end !== undefined && (
          <FactRow name={t('process.end')}>
            <Timestamp time={process.end} />
          </FactRow>
        )}
        <Fact name={t('process.signing_id')} text={process.signing_id} />
        <Fact name={t('process.team_id')} text={process.team_id} />
        <Fact name={t('process.cdhash')} text={process.cdhash} />
        <Fact name={t('process.sha256')} text={process.sha256} />
        <Fact name={t('process.origin_url')} text={process.origin_url} />
        <Fact name={t('process.quarantine')} text={process.quarantine} />
        <Fact name={t('process.entity_id')} text={process.entity_id} />
      </dl>
      <Links process={process} focus={focus} />
    </aside>
  )
}
