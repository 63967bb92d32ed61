import type { AlertDetail, EventDocument } from '@pomona/schema'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { EventDetails } from '../events/event-details.tsx'
import { CategoryIcon, EventSummary } from '../events/event-line.tsx'
import { fieldText } from '../events/fields.ts'
import { PanelEmpty } from '../shell/panel-state.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'

function EvidenceCard({
  event,
  opened,
}: {
  readonly event: EventDocument
  readonly opened: boolean
}) {
  const [open, setOpen] = useState(opened)
  const Chevron = open ? IconChevronDown : IconChevronRight
  return (
    <article className="evidence">
      <button
        type="button"
        className="plain-button evidence-head"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Chevron size={14} aria-hidden className="dim" />
        <CategoryIcon event={event} />
        <strong className="mono">
          <Untrusted text={fieldText(event, 'event.action')} />
        </strong>
        <Timestamp time={fieldText(event, '@timestamp')} form="clock" />
        <span className="grow clip">
          <EventSummary event={event} />
        </span>
      </button>
      {open && <EventDetails event={event} />}
    </article>
  )
}

/** The events that made the rule fire, the first one open. */
export function Evidence({ detail }: { readonly detail: AlertDetail }) {
  const { t } = useTranslation()
  const { evidence, evidence_missing: missing } = detail
  return (
    <div>
      {missing.length > 0 && (
        <div className="evidence-missing" role="status">
          {t('evidence.missing', { count: missing.length })}
        </div>
      )}
      {evidence.length === 0 && missing.length === 0 && <PanelEmpty title={t('evidence.none')} />}
      {evidence.map((event, index) => (
        <EvidenceCard
          key={fieldText(event, 'event.id') ?? index}
          event={event}
          opened={index === 0}
        />
      ))}
    </div>
  )
}
