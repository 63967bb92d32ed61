import type { AlertDetail } from '@pomona/schema'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { Activity } from './activity.tsx'
import { linkTarget } from '../text/escape.ts'
import { Untrusted } from '../text/untrusted.tsx'

interface SectionProps {
  readonly title: string
  readonly children: ReactNode
}

/** A part of the side panel under its own heading. */
export function Section({ title, children }: SectionProps) {
  return (
    <section className="side-section">
      <h2>{title}</h2>
      {children}
    </section>
  )
}

/** A reference of a rule: a link only when it leads to a web page, and never loaded by itself. */
export function Reference({ text }: { readonly text: string }) {
  const target = linkTarget(text)
  if (target === undefined) return <Untrusted text={text} />
  return (
    <a href={target} target="_blank" rel="noopener noreferrer nofollow">
      <Untrusted text={text} />
    </a>
  )
}

interface ListProps {
  readonly title: string
  readonly items: readonly string[]
  readonly render: (item: string) => ReactNode
}

function ListSection({ title, items, render }: ListProps) {
  if (items.length === 0) return null
  return (
    <Section title={title}>
      <ul className="side-list">
        {items.map((item) => (
          <li key={item}>{render(item)}</li>
        ))}
      </ul>
    </Section>
  )
}

/** What the rule says about itself, and what people did with the alert. */
export function AlertSide({ detail }: { readonly detail: AlertDetail }) {
  const { t } = useTranslation()
  const { rule, alert, activity } = detail
  return (
    <aside className="alert-side" aria-label={t('alert.side')}>
      <Section title={t('alert.about')}>
        {rule === undefined ? (
          <p className="dim">{t('alert.rule_gone')}</p>
        ) : (
          <p className="side-text">
            <Untrusted text={rule.description} lengthMax={1200} />
          </p>
        )}
        <Link to={`/rules/${encodeURIComponent(alert.rule_id)}`}>{t('alert.to_rule')}</Link>
      </Section>
      <ListSection
        title={t('alert.false_positives')}
        items={rule?.false_positives ?? []}
        render={(item) => <Untrusted text={item} />}
      />
      <ListSection
        title={t('alert.references')}
        items={rule?.references ?? []}
        render={(item) => <Reference text={item} />}
      />
      <Section title={t('alert.related')}>
        <ul className="side-list">
          <li>
            <Link to={`/alerts?status=any&host=${encodeURIComponent(alert.host.id)}`}>
              {t('alert.same_host')}
            </Link>
          </li>
          <li>
            <Link to={`/alerts?status=any&rule=${encodeURIComponent(alert.rule_id)}`}>
              {t('alert.same_rule')}
            </Link>
          </li>
        </ul>
      </Section>
      <Section title={t('activity.title')}>
        <Activity entries={activity} />
      </Section>
    </aside>
  )
}
