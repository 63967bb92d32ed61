import type { RuleDetail, RuleSummary } from '@pomona/schema'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { Reference } from '../alerts/alert-side.tsx'
import { TechniqueTags } from '../alerts/techniques.tsx'
import { ruleQuery, rulesQuery } from '../api/queries.ts'
import { Fact, FactRow } from '../processes/process-details.tsx'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { RuleSource } from './rule-source.tsx'
import { RuleState } from './rule-state.tsx'
import '../alerts/alert.css'
import '../processes/tree.css'

interface RuleViewProps {
  readonly summary: RuleSummary | undefined
  readonly rule: RuleDetail | undefined
}

function Side({ summary, rule }: RuleViewProps) {
  const { t } = useTranslation()
  const references = rule?.references ?? []
  const falsePositives = rule?.false_positives ?? []
  return (
    <aside className="alert-side card card-body" aria-label={t('rule.facts')}>
      {rule?.description !== undefined && (
        <p className="side-text">
          <Untrusted text={rule.description} lengthMax={2000} />
        </p>
      )}
      <dl className="facts facts-stacked">
        {summary !== undefined && (
          <FactRow name={t('nav.alerts')}>
            <Link to={`/alerts?rule=${encodeURIComponent(summary.id)}&status=any`}>
              {summary.alerts}
            </Link>
          </FactRow>
        )}
        <Fact name={t('rule.id')} text={summary?.id ?? rule?.id} />
        <Fact name={t('rule.version')} text={rule?.version} />
      </dl>
      {references.length > 0 && (
        <section className="side-section">
          <h2>{t('alert.references')}</h2>
          <ul className="side-list">
            {references.map((text) => (
              <li key={text}>
                <Reference text={text} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {falsePositives.length > 0 && (
        <section className="side-section">
          <h2>{t('alert.false_positives')}</h2>
          <ul className="side-list">
            {falsePositives.map((text) => (
              <li key={text}>
                <Untrusted text={text} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </aside>
  )
}

function RuleView({ summary, rule }: RuleViewProps) {
  const { t } = useTranslation()
  return (
    <div className="page-scroll">
      {summary?.reason !== undefined && (
        <div className="rule-reason" role="note">
          <Untrusted text={summary.reason} />
        </div>
      )}
      <div className="rule-layout">
        <section className="card alert-card" aria-label={t('rule.source')}>
          {rule === undefined ? (
            <PanelEmpty title={t('rule.no_source')} hint={summary?.path ?? ''} />
          ) : (
            <RuleSource source={rule.source} path={rule.path} />
          )}
        </section>
        <Side summary={summary} rule={rule} />
      </div>
    </div>
  )
}

/** One rule: what it says, whether it runs, and how often it fired. */
export function RulePage() {
  const { t } = useTranslation()
  const { ruleId = '' } = useParams()
  const list = useQuery(rulesQuery)
  const detail = useQuery(ruleQuery(ruleId))
  const summary = list.data?.items.find(({ id }) => id === ruleId)
  if (detail.isPending || list.isPending) return <PanelLoading lines={14} />
  // A rule that did not load has a line in the list and no source.
  if (detail.isError && summary === undefined) {
    return <PanelError error={detail.error} onRetry={() => void detail.refetch()} />
  }
  return (
    <div className="column grow">
      <div className="page-head">
        <Link to="/rules">{t('nav.rules')}</Link>
        <h1 className="clip">
          <Untrusted text={summary?.name ?? detail.data?.name} />
        </h1>
        {summary !== undefined && <RuleState state={summary.state} />}
        {summary?.severity !== undefined && <SeverityBadge severity={summary.severity} />}
        <TechniqueTags ids={summary?.techniques ?? []} />
      </div>
      <RuleView summary={summary} rule={detail.data} />
    </div>
  )
}
