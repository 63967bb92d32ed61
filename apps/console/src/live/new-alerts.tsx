import { severityRank } from '@pomona/schema'
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react'
import { useTranslation } from 'react-i18next'
import { useStreamMessages } from './live.tsx'

interface NewAlerts {
  /** Alerts that arrived while nobody looked at the queue. */
  readonly unseen: number
  readonly see: () => void
  /** Incidents of medium and above that began while nobody looked at their list. */
  readonly unseenIncidents: number
  readonly seeIncidents: () => void
}

const MEDIUM = severityRank('medium')
const INCIDENTS_MAX = 1000

const NewAlertsContext = createContext<NewAlerts>({
  unseen: 0,
  see: () => undefined,
  unseenIncidents: 0,
  seeIncidents: () => undefined,
})

/** Counts what arrives, for the navigation and the title of the browser's tab. */
export function NewAlertsProvider({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation()
  const [unseen, setUnseen] = useState(0)
  const [incidents, setIncidents] = useState<ReadonlySet<string>>(new Set())
  useStreamMessages((message) => {
    if (message.kind === 'alert') setUnseen((count) => count + 1)
    if (message.kind !== 'incident') return
    const { incident, merged = [] } = message
    const isUrgent = incident.status === 'new' && severityRank(incident.severity) >= MEDIUM
    setIncidents((before) => {
      const next = new Set(before)
      for (const id of merged) next.delete(id)
      if (isUrgent && next.size < INCIDENTS_MAX) next.add(incident.id)
      return next
    })
  })
  const see = useCallback(() => setUnseen(0), [])
  const seeIncidents = useCallback(() => setIncidents(new Set()), [])
  const unseenIncidents = incidents.size
  const value = useMemo(
    () => ({ unseen, see, unseenIncidents, seeIncidents }),
    [unseen, see, unseenIncidents, seeIncidents],
  )
  const name = t('app.name')
  useEffect(() => {
    document.title = unseenIncidents > 0 ? `(${unseenIncidents}) ${name}` : name
  }, [unseenIncidents, name])
  return <NewAlertsContext value={value}>{children}</NewAlertsContext>
}

/** The count of alerts nobody has looked at, and how to reset it. */
export function useNewAlerts(): NewAlerts {
  return useContext(NewAlertsContext)
}
