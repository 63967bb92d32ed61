import {
  IconActivity,
  IconAppWindow,
  IconFile,
  IconKey,
  IconLock,
  IconNetwork,
  IconSettings,
  IconTerminal2,
  type TablerIcon,
} from '@tabler/icons-react'
import { Untrusted } from '../text/untrusted.tsx'
import { eventSummary, fieldList } from './fields.ts'

/** Pictures of ECS categories; a category without one gets the general picture. */
const ICONS: Readonly<Record<string, TablerIcon>> = {
  process: IconTerminal2,
  file: IconFile,
  network: IconNetwork,
  authentication: IconKey,
  iam: IconLock,
  configuration: IconSettings,
  driver: IconAppWindow,
}

/** Picture of what kind of event it is; the action's name stands beside it. */
export function CategoryIcon({ event }: { readonly event: unknown }) {
  const known = fieldList(event, 'event.category').find((name) => Object.hasOwn(ICONS, name))
  const Icon = (known === undefined ? undefined : ICONS[known]) ?? IconActivity
  return <Icon size={14} stroke={1.7} className="dim" aria-hidden />
}

/** What an event is about, on one line. */
export function EventSummary({ event }: { readonly event: unknown }) {
  const parts = eventSummary(event)
  if (parts.length === 0) return <span className="dim">–</span>
  return (
    <span className="row event-summary">
      {parts.map((part, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a part is its place in the summary
        <span key={index} className="clip">
          {index > 0 && <span className="dim event-arrow">→</span>}
          <Untrusted text={part} mono className="event-part" />
        </span>
      ))}
    </span>
  )
}
