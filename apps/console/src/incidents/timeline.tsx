import type { IncidentDetail, MatchedPredicate } from '@pomona/schema'
import { IconChevronDown, IconChevronRight, IconGitMerge } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { TechniqueTags } from '../alerts/techniques.tsx'
import { WhyItFired } from '../alerts/why.tsx'
import { highlight } from '../text/highlight.ts'
import { Highlighted, Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { between, duration } from '../time/format.ts'
import { useTimeFormat } from '../time/time-mode.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { JoinReason } from './join-reason.tsx'
import { momentsOf, type Step, stepsOf } from './steps.ts'

const VALUE_LENGTH_MAX = 220
const STEPS_SHOWN_FIRST = 60

/** The value that says most: of a command line or a path, the longest that matched. */
function tellingMatch(matches: readonly MatchedPredicate[]): MatchedPredicate | undefined {
  const weight = ({ field, value }: MatchedPredicate): number =>
    (field.endsWith('command_line') || field.endsWith('path') ? 1000 : 0) + value.length
  return matches.toSorted((a, b) => weight(b) - weight(a))[0]
}

function Value({ step }: { readonly step: Step }) {
  const match = tellingMatch(step.alert.matches)
  if (match === undefined) {
    const [actor] = step.alert.processes
    return <Untrusted text={actor?.command_line ?? actor?.executable} mono clip />
  }
  return (
    <Highlighted runs={highlight({ ...match, value: match.value.slice(0, VALUE_LENGTH_MAX) })} />
  )
}

function Actor({ step }: { readonly step: Step }) {
  const [actor] = step.alert.processes
  if (actor === undefined) return null
  const host = encodeURIComponent(step.alert.host.id)
  return (
    <Link
      to={`/hosts/${host}/processes/${encodeURIComponent(actor.entity_id)}`}
      className="quiet story-actor"
    >
      <Untrusted text={actor.name ?? actor.executable} /> <span className="dim">{actor.pid}</span>
    </Link>
  )
}

function Details({ step }: { readonly step: Step }) {
  const { t } = useTranslation()
  return (
    <div className="story-details">
      <WhyItFired alert={step.alert} />
      {step.all.length > 1 && (
        <ul className="story-repeats" aria-label={t('incident.repeats')}>
          {step.all.map(({ alert, join }) => (
            <li key={alert.id} className="row">
              <Link to={`/alerts/${encodeURIComponent(alert.id)}`}>
                <Timestamp time={alert.time} form="clock" />
              </Link>
              <span className="clip grow">
                <Untrusted
                  text={alert.processes[0]?.command_line ?? alert.processes[0]?.executable}
                  mono
                  clip
                />
              </span>
              <span className="dim clip">
                <JoinReason join={join} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

interface StepProps {
  readonly step: Step
  readonly origin: string
}

function StoryStep({ step, origin }: StepProps) {
  const { t } = useTranslation()
  const { locale } = useTimeFormat()
  const [open, setOpen] = useState(false)
  const { alert, join, all } = step
  const offset = between({ from: origin, to: alert.time })
  const Icon = open ? IconChevronDown : IconChevronRight
  const merged = all.flatMap((one) => one.join.merged ?? []).length
  return (
    <li className={`story-step story-${alert.severity}`}>
      <div className="story-when">
        <Timestamp time={alert.time} form="clock" />
        <span className="dim">
          {offset === undefined || offset === 0n ? '' : `+${duration(offset, locale)}`}
        </span>
      </div>
      <div className="story-what">
        <div className="row wrap story-line">
          <button
            type="button"
            className="plain-button story-open"
            aria-expanded={open}
            aria-label={t('incident.show_values')}
            onClick={() => setOpen(!open)}
          >
            <Icon size={14} aria-hidden />
          </button>
          <SeverityBadge severity={alert.severity} />
          <Link to={`/alerts/${encodeURIComponent(alert.id)}`} className="story-rule">
            <Untrusted text={alert.rule_name} />
          </Link>
          {all.length > 1 && <span className="tag">{`×${all.length}`}</span>}
          <span className="grow" />
          <Actor step={step} />
          <TechniqueTags ids={alert.techniques.map(({ id }) => id)} max={2} />
        </div>
        <div className="story-value">
          <Value step={step} />
        </div>
        <div className="story-why dim">
          <JoinReason join={join} />
          {merged > 0 && (
            <span className="row story-merged">
              <IconGitMerge size={13} aria-hidden />
              {t('incident.merged', { count: merged })}
            </span>
          )}
        </div>
        {open && <Details step={step} />}
      </div>
    </li>
  )
}

/** The course of the incident on one line: each alert where it happened, in its colour. */
export function Course({ detail }: { readonly detail: IncidentDetail }) {
  const { t } = useTranslation()
  const { locale } = useTimeFormat()
  const moments = useMemo(() => momentsOf(detail.alerts), [detail])
  const { first_time: from, last_time: to, alert_count: count } = detail.incident
  const span = between({ from, to })
  const label = t('incident.course', { count, span: duration(span ?? 0n, locale) })
  return (
    <div className="course" role="img" aria-label={label}>
      <Timestamp time={from} form="clock" />
      <span className="course-line">
        {moments.map(({ id, severity, at }) => (
          <span
            key={id}
            className={`course-mark course-${severity}`}
            style={{ left: `${at * 100}%` }}
          />
        ))}
      </span>
      <Timestamp time={to} form="clock" />
    </div>
  )
}

/** The alerts in the order they happened, with what matched and why each belongs here. */
export function Timeline({ detail }: { readonly detail: IncidentDetail }) {
  const { t } = useTranslation()
  const steps = useMemo(() => stepsOf(detail.alerts), [detail])
  const [all, setAll] = useState(false)
  const shown = all ? steps : steps.slice(0, STEPS_SHOWN_FIRST)
  return (
    <>
      <ol className="story" aria-label={t('incident.story')}>
        {shown.map((step) => (
          <StoryStep key={step.alert.id} step={step} origin={detail.incident.first_time} />
        ))}
      </ol>
      {shown.length < steps.length && (
        <button
          type="button"
          className="plain-button text-more story-more"
          onClick={() => setAll(true)}
        >
          {t('incident.more_steps', { count: steps.length - shown.length })}
        </button>
      )}
      {detail.alerts_omitted > 0 && (
        <p className="dim story-more">{t('incident.omitted', { count: detail.alerts_omitted })}</p>
      )}
    </>
  )
}
