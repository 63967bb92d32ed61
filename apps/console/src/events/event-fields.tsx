import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '../text/copy-button.tsx'
import { SearchField } from '../text/search-field.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { type EventField, eventFields } from './fields.ts'
import './events.css'

const VALUES_SHOWN_MAX = 40
const VALUE_LENGTH_MAX = 2000

/** One field with its values; long lists and long values are cut until asked for. */
export function FieldRow({ field }: { readonly field: EventField }) {
  const { t } = useTranslation()
  const [all, setAll] = useState(false)
  const shown = all ? field.values : field.values.slice(0, VALUES_SHOWN_MAX)
  return (
    <tr>
      <th scope="row" className="mono event-field">
        <Untrusted text={field.name} />
      </th>
      <td>
        {shown.map((value, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- a value is its place in the list
          <div key={index}>
            <Untrusted text={value} mono lengthMax={VALUE_LENGTH_MAX} />
          </div>
        ))}
        {shown.length < field.values.length && (
          <button type="button" className="plain-button text-more" onClick={() => setAll(true)}>
            {t('filter.more', { count: field.values.length - shown.length })}
          </button>
        )}
      </td>
      <td className="event-copy">
        <CopyButton text={field.values.join('\n')} label={field.name} />
      </td>
    </tr>
  )
}

interface FieldTableProps {
  readonly fields: readonly EventField[]
  readonly label: string
}

/** Fields by name and value. */
export function FieldTable({ fields, label }: FieldTableProps) {
  return (
    <table className="plain-table event-table" aria-label={label}>
      <tbody>
        {fields.map((field) => (
          <FieldRow key={field.name} field={field} />
        ))}
      </tbody>
    </table>
  )
}

/** All fields of an event, with a filter over names and values. */
export function AllFields({ event }: { readonly event: Readonly<Record<string, unknown>> }) {
  const { t } = useTranslation()
  const [term, setTerm] = useState('')
  const fields = useMemo(() => eventFields(event), [event])
  const needle = term.toLowerCase()
  const shown = fields.filter(
    ({ name, values }) =>
      name.toLowerCase().includes(needle) ||
      values.some((value) => value.toLowerCase().includes(needle)),
  )
  return (
    <div>
      <div className="event-search">
        <SearchField label={t('event.filter')} value={term} onChange={setTerm} />
      </div>
      <FieldTable fields={shown} label={t('event.fields')} />
      {shown.length === 0 && <p className="dim">{t('event.no_field')}</p>}
    </div>
  )
}
