import { Button, SegmentedControl } from '@mantine/core'
import type { HostCompleteness, LedgerHour } from '@pomona/schema'
import { IconListCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { verifyLedger } from '../api/agent-commands.ts'
import { completenessQuery } from '../api/agent-queries.ts'
import { useNow } from '../live/live.tsx'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { useAction } from '../shell/use-action.ts'
import { visibleText } from '../text/escape.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { CompletenessChart, CompletenessLegend } from './completeness-chart.tsx'
import { balanceOf, hoursBetween } from './completeness-hours.ts'
import { spanOfMs } from './host-columns.tsx'
import { reasonText } from './reasons.ts'

const HOUR_MS = 3_600_000
const SPANS = { day: 24, three_days: 72, week: 168 } as const
type SpanName = keyof typeof SPANS
const SPAN_NAMES: readonly SpanName[] = ['day', 'three_days', 'week']

function Count({ value, bad = false }: { readonly value: number; readonly bad?: boolean }) {
  const { i18n } = useTranslation()
  const text = new Intl.NumberFormat(i18n.language).format(value)
  return (
    <td className={`number ${value === 0 ? 'dim' : ''} ${bad && value > 0 ? 'behind' : ''}`}>
      {text}
    </td>
  )
}

function Reasons({ hour }: { readonly hour: LedgerHour }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const filtered = Object.entries(hour.filtered_by).toSorted(([, a], [, b]) => b - a)
  const lines = [
    ...hour.dropped_by.map(
      ({ reason, type, class: priority, count }) =>
        `${t('ledger.dropped')}: ${number.format(count)} ${type} (${priority}, ${reasonText(t, reason)})`,
    ),
    ...filtered.map(([reason, count]) => `${number.format(count)} ${reasonText(t, reason)}`),
    ...hour.unobserved.map(({ reason }) => `${t('ledger.unobserved')}: ${reasonText(t, reason)}`),
  ]
  if (lines.length === 0) return <span className="dim">–</span>
  return (
    <span className="clip ledger-reasons" title={lines.map(visibleText).join('\n')}>
      <Untrusted text={lines.join(', ')} clip />
    </span>
  )
}

function HoursTable({ hours }: { readonly hours: readonly LedgerHour[] }) {
  const { t, i18n } = useTranslation()
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">{t('ledger.hour')}</th>
          <th scope="col">{t('ledger.sensor')}</th>
          {(['sensed', 'sent', 'held', 'filtered', 'dropped', 'lost'] as const).map((name) => (
            <th key={name} scope="col" className="number">
              {t(`ledger.${name}`)}
            </th>
          ))}
          <th scope="col" className="number">
            {t('ledger.unobserved')}
          </th>
          <th scope="col">{t('ledger.reasons')}</th>
        </tr>
      </thead>
      <tbody>
        {hours.toReversed().map((hour) => (
          <tr key={`${hour.hour} ${hour.sensor}`}>
            <td>
              <Timestamp time={hour.hour} />
            </td>
            <th scope="row">
              <Untrusted text={hour.sensor} mono />
            </th>
            <Count value={hour.sensed} />
            <Count value={hour.sent} />
            <Count value={balanceOf(hour).held} />
            <Count value={hour.filtered} />
            <Count value={hour.dropped} bad />
            <Count value={hour.lost} bad />
            <td className={`number ${hour.unobserved_ms > 0 ? 'behind' : 'dim'}`}>
              {hour.unobserved_ms === 0 ? '–' : spanOfMs(hour.unobserved_ms, i18n.language)}
            </td>
            <td>
              <Reasons hour={hour} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Balances({ data }: { readonly data: HostCompleteness }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">{t('ledger.run')}</th>
          <th scope="col" className="number">
            {t('ledger.agent_says')}
          </th>
          <th scope="col" className="number">
            {t('ledger.server_has')}
          </th>
          <th scope="col">{t('health.check')}</th>
        </tr>
      </thead>
      <tbody>
        {data.streams.map(({ epoch, sent, stored = 0 }) => (
          <tr key={epoch}>
            <th scope="row">{number.format(epoch)}</th>
            <Count value={sent} />
            <Count value={stored} />
            <td className={stored < sent ? 'behind' : 'balanced'}>
              {stored === sent && t('ledger.equal')}
              {stored > sent && t('ledger.ahead', { formatted: number.format(stored - sent) })}
              {stored < sent && t('ledger.missing', { formatted: number.format(sent - stored) })}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function VerifyButton({ hostId }: { readonly hostId: string }) {
  const { t } = useTranslation()
  const verify = useAction({
    run: () => verifyLedger(hostId),
    done: ({ ok, rows, broken_at: at = 0 }) =>
      ok ? t('ledger.verified', { count: rows }) : t('ledger.broken', { row: at }),
    stale: [],
  })
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconListCheck size={14} aria-hidden />}
      loading={verify.isPending}
      onClick={() => verify.mutate()}
    >
      {t('ledger.verify')}
    </Button>
  )
}

/** What became of everything a host sensed, hour by hour, and whether the server has it. */
export function CompletenessPanel({ hostId }: { readonly hostId: string }) {
  const { t } = useTranslation()
  const nowMs = useNow()
  const [parameters, setParameters] = useSearchParams()
  const span = SPAN_NAMES.find((name) => name === parameters.get('span')) ?? 'day'
  const end = Math.floor(nowMs / HOUR_MS) * HOUR_MS
  const from = new Date(end - (SPANS[span] - 1) * HOUR_MS).toISOString()
  const query = useQuery(completenessQuery({ hostId, from }))
  const hours = useMemo(
    () => hoursBetween(from, nowMs, query.data?.hours ?? []),
    [from, nowMs, query.data],
  )
  if (query.isPending) return <PanelLoading lines={10} />
  if (query.isError) return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  return (
    <div className="scroll grow host-sections">
      <section className="card" aria-label={t('host.tab.completeness')}>
        <div className="card-head">
          <h2>{t('ledger.title')}</h2>
          <span className="dim">{t('ledger.promise')}</span>
          <span className="grow" />
          <SegmentedControl
            size="xs"
            aria-label={t('ledger.span')}
            value={span}
            onChange={(next) => {
              const changed = new URLSearchParams(parameters)
              changed.set('span', next)
              setParameters(changed)
            }}
            data={SPAN_NAMES.map((name) => ({ value: name, label: t(`ledger.spans.${name}`) }))}
          />
          <VerifyButton hostId={hostId} />
        </div>
        <div className="card-body">
          <CompletenessLegend />
          <CompletenessChart hours={hours} />
        </div>
      </section>
      <section className="card" aria-label={t('ledger.balance')}>
        <div className="card-head">
          <h2>{t('ledger.balance')}</h2>
          <span className="dim">{t('ledger.balance_hint')}</span>
        </div>
        {query.data.streams.length === 0 ? (
          <PanelEmpty title={t('ledger.none')} />
        ) : (
          <div className="scroll ledger-table">
            <Balances data={query.data} />
          </div>
        )}
      </section>
      <section className="card" aria-label={t('ledger.hours')}>
        <div className="card-head">
          <h2>{t('ledger.hours')}</h2>
          {query.data.truncated && <span className="behind">{t('ledger.truncated')}</span>}
        </div>
        {query.data.hours.length === 0 ? (
          <PanelEmpty title={t('ledger.none')} />
        ) : (
          <div className="scroll ledger-table">
            <HoursTable hours={query.data.hours} />
          </div>
        )}
      </section>
    </div>
  )
}
