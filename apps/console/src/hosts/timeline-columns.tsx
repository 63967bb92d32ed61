import type { EventDocument } from '@pomona/schema'
import { IconBinaryTree2, IconChevronDown, IconChevronRight, IconFilter } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { CategoryIcon, EventSummary } from '../events/event-line.tsx'
import { fieldText } from '../events/fields.ts'
import { SignerBadge } from '../processes/signer-badge.tsx'
import { eventSigner } from '../processes/signer.ts'
import type { Column } from '../table/virtual-table.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { Day } from '../time/day.tsx'
import { Timestamp } from '../time/timestamp.tsx'

interface TimelineRow {
  readonly hostId: string
  readonly isOpen: (event: EventDocument) => boolean
  readonly onFlip: (event: EventDocument) => void
  readonly onProcess: (entityId: string) => void
}

function ProcessCell({ event, hostId, onProcess }: ProcessCellProps) {
  const entity = fieldText(event, 'process.entity_id')
  return (
    <span className="row timeline-process">
      <Untrusted
        text={fieldText(event, 'process.name') ?? fieldText(event, 'process.executable')}
        mono
        clip
      />
      <span className="dim mono">{fieldText(event, 'process.pid')}</span>
      <SignerBadge
        signer={eventSigner(event)}
        teamId={fieldText(event, 'process.code_signature.team_id')}
        signingId={fieldText(event, 'process.code_signature.signing_id')}
      />
      {entity !== undefined && (
        <span className="row timeline-jump">
          <ProcessLinks hostId={hostId} entity={entity} onProcess={onProcess} />
        </span>
      )}
    </span>
  )
}

interface ProcessCellProps extends Pick<TimelineRow, 'hostId' | 'onProcess'> {
  readonly event: EventDocument
}

interface ProcessLinksProps extends Pick<TimelineRow, 'hostId' | 'onProcess'> {
  readonly entity: string
}

function ProcessLinks({ hostId, entity, onProcess }: ProcessLinksProps) {
  const { t } = useTranslation()
  const path = `/hosts/${encodeURIComponent(hostId)}/processes/${encodeURIComponent(entity)}`
  return (
    <>
      <Link to={path} className="copy" aria-label={t('process.tree')} title={t('process.tree')}>
        <IconBinaryTree2 size={13} aria-hidden />
      </Link>
      <button
        type="button"
        className="plain-button copy"
        aria-label={t('timeline.only_process')}
        title={t('timeline.only_process')}
        onClick={() => onProcess(entity)}
      >
        <IconFilter size={13} aria-hidden />
      </button>
    </>
  )
}

/** Columns of the timeline. */
export function timelineColumns(t: TFunction, row: TimelineRow): readonly Column<EventDocument>[] {
  return [
    {
      key: 'open',
      width: '18px',
      title: <span className="visually-hidden">{t('timeline.open')}</span>,
      cell: (event) => {
        const opened = row.isOpen(event)
        const Chevron = opened ? IconChevronDown : IconChevronRight
        return (
          <button
            type="button"
            className="plain-button copy"
            aria-expanded={opened}
            aria-label={t('timeline.open')}
            onClick={() => row.onFlip(event)}
          >
            <Chevron size={13} aria-hidden />
          </button>
        )
      },
    },
    {
      key: 'time',
      width: '150px',
      title: t('field.time'),
      cell: (event) => (
        <span className="row">
          <Day time={fieldText(event, '@timestamp')} />
          <Timestamp time={fieldText(event, '@timestamp')} form="clock" />
        </span>
      ),
    },
    {
      key: 'action',
      width: 'minmax(110px, 0.55fr)',
      title: t('field.action'),
      cell: (event) => (
        <span className="row">
          <CategoryIcon event={event} />
          <Untrusted text={fieldText(event, 'event.action')} mono clip />
        </span>
      ),
    },
    {
      key: 'process',
      width: 'minmax(190px, 1fr)',
      title: t('field.process'),
      cell: (event) => <ProcessCell event={event} hostId={row.hostId} onProcess={row.onProcess} />,
    },
    {
      key: 'summary',
      width: 'minmax(200px, 2.4fr)',
      title: t('field.summary'),
      cell: (event) => <EventSummary event={event} />,
    },
  ]
}
