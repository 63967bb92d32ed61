import type { StageCounts } from '@pomona/schema'
import { IconCheck, IconEqualNot } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'
import { balance, share } from './balance.ts'

function Reasons({ stage }: { readonly stage: StageCounts }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const reasons = stage.discarded.filter(({ count }) => count > 0)
  if (reasons.length === 0) return <span className="dim">–</span>
  return (
    <ul className="reasons">
      {reasons.map(({ reason, count, intentional }) => (
        <li key={`${reason} ${intentional}`}>
          <span className="number">{number.format(count)}</span> <Untrusted text={reason} mono />{' '}
          <span className={intentional ? 'dim' : 'behind'}>
            {intentional ? t('health.intentional') : t('health.lost')}
          </span>
        </li>
      ))}
    </ul>
  )
}

function Stage({ stage }: { readonly stage: StageCounts }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const { discarded, lost, difference } = balance(stage)
  const of = stage.received
  const percent = new Intl.NumberFormat(i18n.language, { style: 'percent' })
  return (
    <tr>
      <th scope="row">
        <Untrusted text={stage.stage} mono />
      </th>
      <td className="number">{number.format(stage.received)}</td>
      <td className="number">{number.format(stage.sent)}</td>
      <td className="number">{number.format(stage.held)}</td>
      <td className="number">{number.format(discarded)}</td>
      <td>
        <span className="visually-hidden">{percent.format(share(stage.sent, { of }))}</span>
        <span className="meter" aria-hidden>
          <span className="meter-sent" style={{ width: `${share(stage.sent, { of }) * 100}%` }} />
          <span className="meter-held" style={{ width: `${share(stage.held, { of }) * 100}%` }} />
          <span
            className="meter-intended"
            style={{ width: `${share(discarded - lost, { of }) * 100}%` }}
          />
          <span className="meter-lost" style={{ width: `${share(lost, { of }) * 100}%` }} />
        </span>
      </td>
      <td>
        {difference === 0 ? (
          <span className="row balanced">
            <IconCheck size={14} aria-hidden />
            {t('health.balanced')}
          </span>
        ) : (
          <span className="row behind">
            <IconEqualNot size={14} aria-hidden />
            {t('health.unbalanced', { formatted: number.format(difference) })}
          </span>
        )}
      </td>
      <td>
        <Reasons stage={stage} />
      </td>
    </tr>
  )
}

/** The promise of the pipeline, stage by stage: received = sent + held + discarded. */
export function Stages({ stages }: { readonly stages: readonly StageCounts[] }) {
  const { t } = useTranslation()
  return (
    <section className="card" aria-label={t('health.stages')}>
      <div className="card-head">
        <h2>{t('health.stages')}</h2>
        <span className="dim">{t('health.promise')}</span>
      </div>
      <div className="scroll stages">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{t('health.stage')}</th>
              <th scope="col" className="number">
                {t('health.received')}
              </th>
              <th scope="col" className="number">
                {t('health.sent')}
              </th>
              <th scope="col" className="number">
                {t('health.held')}
              </th>
              <th scope="col" className="number">
                {t('health.discarded')}
              </th>
              <th scope="col">{t('health.share')}</th>
              <th scope="col">{t('health.check')}</th>
              <th scope="col">{t('health.reasons')}</th>
            </tr>
          </thead>
          <tbody>
            {stages.map((stage) => (
              <Stage key={stage.stage} stage={stage} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
