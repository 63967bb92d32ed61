import { Button } from '@mantine/core'
import type { BundleRecord, Rollout } from '@pomona/schema'
import {
  IconArrowBackUp,
  IconPackages,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { leadRollout } from '../api/agent-commands.ts'
import { rolloutQuery } from '../api/agent-queries.ts'
import { KEYS } from '../api/queries.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { useAction } from '../shell/use-action.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'

function RolloutButtons({ rollout }: { readonly rollout: Rollout }) {
  const { t } = useTranslation()
  const lead = useAction({
    run: leadRollout,
    done: (_, action) => t(`rollout.done.${action}`),
    stale: [KEYS.rollout],
  })
  const has = (state: BundleRecord['state']) =>
    rollout.bundles.some((bundle) => bundle.state === state)
  const open = has('rolling') || has('halted')
  return (
    <>
      {has('rolling') && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlayerPause size={14} aria-hidden />}
          onClick={() => lead.mutate('halt')}
        >
          {t('rollout.halt')}
        </Button>
      )}
      {has('halted') && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          onClick={() => lead.mutate('resume')}
        >
          {t('rollout.resume')}
        </Button>
      )}
      {rollout.bundles.length > 1 && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconArrowBackUp size={14} aria-hidden />}
          onClick={() => lead.mutate('back')}
        >
          {t('rollout.back')}
        </Button>
      )}
      {!open && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconRefresh size={14} aria-hidden />}
          onClick={() => lead.mutate('offer')}
        >
          {t('rollout.offer')}
        </Button>
      )}
    </>
  )
}

const LOOKS = { rolling: 'open', halted: 'bad', complete: 'ok', superseded: 'dim' } as const

function Progress({ bundle }: { readonly bundle: BundleRecord }) {
  const { t } = useTranslation()
  const { hosts, applied, refused, rolled_back, crashed, noisy } = bundle.counts
  if (bundle.state === 'superseded') return <span className="dim">–</span>
  const failed = refused + rolled_back + crashed + noisy
  const share = (count: number): string => `${hosts === 0 ? 0 : (count / hosts) * 100}%`
  return (
    <span className="row">
      <span className="meter rollout-meter" aria-hidden>
        <span className="meter-sent" style={{ width: share(applied) }} />
        <span className="meter-lost" style={{ width: share(failed) }} />
      </span>
      <span>{t('rollout.applied', { count: applied, hosts })}</span>
      {failed > 0 && <span className="look-bad">{t('rollout.failed', { count: failed })}</span>}
    </span>
  )
}

function BundleRow({ bundle, rings }: { readonly bundle: BundleRecord; readonly rings: number }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const isOpen = bundle.state === 'rolling' || bundle.state === 'halted'
  return (
    <tr>
      <th scope="row">
        <Untrusted text={bundle.id.slice(0, 12)} mono />
      </th>
      <td>
        <span className={`look-${LOOKS[bundle.state]}`}>{t(`rollout.state.${bundle.state}`)}</span>
        {isOpen && (
          <span className="dim"> {t('rollout.ring', { ring: bundle.ring + 1, rings })}</span>
        )}
        {bundle.reason !== undefined && (
          <div>
            <Untrusted text={bundle.reason} lengthMax={300} />
          </div>
        )}
      </td>
      <td>{t(`rollout.kind.${bundle.kind}`)}</td>
      <td>
        <Progress bundle={bundle} />
      </td>
      <td className="number">{number.format(bundle.rules)}</td>
      <td>
        <Timestamp time={bundle.created} form="age" />{' '}
        <span className="dim">
          <Untrusted text={bundle.created_by} />
        </span>
      </td>
      <td>
        <Timestamp time={bundle.expires} />
      </td>
    </tr>
  )
}

/** Bundles of rules and policy, and how far each has come. */
export function RolloutCard() {
  const { t } = useTranslation()
  const query = useQuery(rolloutQuery)
  const left = query.data?.bundles[0]?.left_out ?? []
  return (
    <section className="card" aria-label={t('rollout.title')}>
      <div className="card-head">
        <h2>{t('rollout.title')}</h2>
        <span className="dim">{t('rollout.hint')}</span>
        <span className="grow" />
        {query.isSuccess && <RolloutButtons rollout={query.data} />}
      </div>
      {query.isPending && <PanelLoading lines={4} />}
      {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
      {query.data?.problem !== undefined && (
        <p className="card-body look-bad">
          <Untrusted text={query.data.problem} lengthMax={500} />
        </p>
      )}
      {left.length > 0 && (
        <ul className="plain-list look-warn">
          {left.map((line) => (
            <li key={line}>
              <Untrusted text={line} />
            </li>
          ))}
        </ul>
      )}
      {query.isSuccess && query.data.bundles.length === 0 && (
        <PanelEmpty title={t('rollout.none')} Icon={IconPackages} />
      )}
      {query.isSuccess && query.data.bundles.length > 0 && (
        <div className="scroll ledger-table">
          <table className="plain-table">
            <thead>
              <tr>
                {(['bundle', 'state_name', 'kind_name', 'progress'] as const).map((name) => (
                  <th key={name} scope="col">
                    {t(`rollout.${name}`)}
                  </th>
                ))}
                <th scope="col" className="number">
                  {t('nav.rules')}
                </th>
                <th scope="col">{t('token.created')}</th>
                <th scope="col">{t('token.expires')}</th>
              </tr>
            </thead>
            <tbody>
              {query.data.bundles.map((bundle) => (
                <BundleRow key={bundle.id} bundle={bundle} rings={query.data.rings} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
