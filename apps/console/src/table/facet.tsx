import type { FacetValue } from '@pomona/schema'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import './facet.css'

const VALUES_SHOWN_MAX = 8

interface FacetProps {
  readonly legend: string
  readonly values: readonly FacetValue[]
  readonly chosen: readonly string[]
  readonly onToggle: (value: string) => void
  readonly render: (value: FacetValue) => ReactNode
}

/** One filter: its values, how many items each would show, and which are chosen. */
export function Facet({ legend, values, chosen, onToggle, render }: FacetProps) {
  const { t } = useTranslation()
  const [all, setAll] = useState(false)
  const shown = all ? values : values.slice(0, VALUES_SHOWN_MAX)
  const largest = Math.max(1, ...values.map(({ count }) => count))
  return (
    <fieldset className="facet">
      <legend>{legend}</legend>
      {shown.map((one) => (
        <label key={one.value} className="facet-value">
          <input
            type="checkbox"
            checked={chosen.includes(one.value)}
            onChange={() => onToggle(one.value)}
          />
          <span className="facet-name">{render(one)}</span>
          <span className="facet-count">{one.count === 0 ? '' : one.count}</span>
          <span
            className="facet-bar"
            style={{ width: `${(one.count / largest) * 100}%` }}
            aria-hidden
          />
        </label>
      ))}
      {values.length === 0 && <span className="dim facet-none">{t('filter.none')}</span>}
      {values.length > VALUES_SHOWN_MAX && (
        <button type="button" className="plain-button text-more" onClick={() => setAll(!all)}>
          {all ? t('text.less') : t('filter.more', { count: values.length - VALUES_SHOWN_MAX })}
        </button>
      )}
    </fieldset>
  )
}

/** Puts our own words in their order, all of them: one can choose what nothing has right now. */
export function inFixedOrder(
  values: readonly FacetValue[],
  fixed: readonly string[] | undefined,
): readonly FacetValue[] {
  const found = new Map(values.map((value) => [value.value, value]))
  return fixed?.map((value) => found.get(value) ?? { value, label: '', count: 0 }) ?? values
}
