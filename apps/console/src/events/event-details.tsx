import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { eventQuery } from '../api/queries.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { AllFields, FieldTable } from './event-fields.tsx'
import { fieldText, keyFields } from './fields.ts'
import { RawRecord } from './raw-record.tsx'

type Document = Readonly<Record<string, unknown>>
type View = 'key' | 'all' | 'raw'

/** Lists leave the raw record out; it is fetched when it is asked for. */
function Raw({ event }: { readonly event: Document }) {
  const { t } = useTranslation()
  const own = fieldText(event, 'event.original')
  const id = fieldText(event, 'event.id') ?? ''
  const query = useQuery({ ...eventQuery(id), enabled: own === undefined && id !== '' })
  if (own === undefined && query.isLoading) return <PanelLoading />
  if (own === undefined && query.isError) {
    return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  }
  const text = own ?? fieldText(query.data, 'event.original')
  if (text === undefined) return <PanelEmpty title={t('raw.none')} />
  return <RawRecord text={text} />
}

/** An event three ways: what matters, everything, and as it came. */
export function EventDetails({ event }: { readonly event: Document }) {
  const { t } = useTranslation()
  const [view, setView] = useState<View>('key')
  return (
    <div className="event-details">
      <SegmentedControl
        size="xs"
        value={view}
        aria-label={t('event.view')}
        onChange={(next) => setView(next === 'all' || next === 'raw' ? next : 'key')}
        data={[
          { value: 'key', label: t('event.key') },
          { value: 'all', label: t('event.all') },
          { value: 'raw', label: t('event.raw') },
        ]}
      />
      {view === 'key' && <FieldTable fields={keyFields(event)} label={t('event.key')} />}
      {view === 'all' && <AllFields event={event} />}
      {view === 'raw' && <Raw event={event} />}
    </div>
  )
}
