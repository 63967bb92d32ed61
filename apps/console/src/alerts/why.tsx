import type { AlertRecord, MatchedPredicate } from '@pomona/schema'
import { useTranslation } from 'react-i18next'
import { PanelEmpty } from '../shell/panel-state.tsx'
import { CopyButton } from '../text/copy-button.tsx'
import { highlight } from '../text/highlight.ts'
import { Highlighted, Untrusted } from '../text/untrusted.tsx'

const VALUE_LENGTH_MAX = 4000

function Predicate({ match }: { readonly match: MatchedPredicate }) {
  const { t } = useTranslation()
  const value = match.value.slice(0, VALUE_LENGTH_MAX)
  return (
    <tr>
      <td>
        <span className="tag">
          <Untrusted text={match.selection} />
        </span>
      </td>
      <td className="mono why-field">
        {match.field === '' ? t('why.keyword') : <Untrusted text={match.field} />}
      </td>
      <td className="dim nowrap">
        <Untrusted text={match.operator} />
      </td>
      <td>
        <Untrusted text={match.pattern} mono lengthMax={400} className="why-pattern" />
      </td>
      <td className="why-value">
        <span className="fact-value">
          <Highlighted runs={highlight({ ...match, value })} />
          <CopyButton text={match.value} label={match.field} />
        </span>
      </td>
    </tr>
  )
}

/** What of the rule held, with the values of the event and the part that matched marked. */
export function WhyItFired({ alert }: { readonly alert: AlertRecord }) {
  const { t } = useTranslation()
  if (alert.matches.length === 0) return <PanelEmpty title={t('why.none')} />
  return (
    <div className="why scroll">
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{t('why.selection')}</th>
            <th scope="col">{t('why.field')}</th>
            <th scope="col">{t('why.operator')}</th>
            <th scope="col">{t('why.pattern')}</th>
            <th scope="col">{t('why.value')}</th>
          </tr>
        </thead>
        <tbody>
          {alert.matches.map((match, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- the list never changes
            <Predicate key={index} match={match} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
