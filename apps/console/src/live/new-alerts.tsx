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
}

const NewAlertsContext = createContext<NewAlerts>({ unseen: 0, see: () => undefined })

/** Counts alerts that arrive, for the navigation and the title of the browser's tab. */
export function NewAlertsProvider({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation()
  const [unseen, setUnseen] = useState(0)
  useStreamMessages((message) => {
    if (message.kind === 'alert') setUnseen((count) => count + 1)
  })
  const see = useCallback(() => setUnseen(0), [])
  const value = useMemo(() => ({ unseen, see }), [unseen, see])
  const name = t('app.name')
  useEffect(() => {
    document.title = unseen > 0 ? `(${unseen}) ${name}` : name
  }, [unseen, name])
  return <NewAlertsContext value={value}>{children}</NewAlertsContext>
}

/** The count of alerts nobody has looked at, and how to reset it. */
export function useNewAlerts(): NewAlerts {
  return useContext(NewAlertsContext)
}
