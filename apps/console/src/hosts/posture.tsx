import type { PostureReport } from '@pomona/schema'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'

type Look = PostureReport['looks'][string]

function LookRows({ name, look }: { readonly name: string; readonly look: Look }) {
  const { t } = useTranslation()
  if (!look.ok) {
    const isAbsent = look.code === 'not_available'
    return (
      <tr>
        <th scope="row">
          <Untrusted text={name} mono />
        </th>
        <td className={isAbsent ? 'dim' : 'behind'}>
          {isAbsent ? t('posture.not_available') : t('posture.unknown')}
        </td>
        <td className="dim">
          <Untrusted text={look.message} lengthMax={400} />
        </td>
      </tr>
    )
  }
  return look.facts.map(({ name: fact, value, source }) => (
    <tr key={fact}>
      <th scope="row">
        <Untrusted text={fact} mono />
      </th>
      <td>
        <Untrusted text={String(value)} mono />
      </td>
      <td className="dim">
        <Untrusted text={source} mono />
      </td>
    </tr>
  ))
}

/** What the agent read of the security mechanisms last, and what it could not read. */
export function Posture({ posture }: { readonly posture: PostureReport }) {
  const { t } = useTranslation()
  const { taken, looks, cut } = posture
  return (
    <div className="card-body">
      <p className="dim">
        {t('posture.taken')} <Timestamp time={taken} />
        {cut > 0 && ` · ${t('posture.cut', { count: cut })}`}
      </p>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{t('posture.fact')}</th>
            <th scope="col">{t('posture.value')}</th>
            <th scope="col">{t('posture.source')}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(looks).map(([name, look]) => (
            <LookRows key={name} name={name} look={look} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
