import { createContext, type ReactNode, useContext, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readSetting, writeSetting } from '../shell/settings.ts'
import type { TimeFormat, TimeZoneMode } from './format.ts'

interface TimeMode {
  readonly zone: TimeZoneMode
  readonly setZone: (zone: TimeZoneMode) => void
}

const TimeModeContext = createContext<TimeMode>({ zone: 'local', setZone: () => undefined })

/** Keeps the choice between local time and UTC for everything below. */
export function TimeModeProvider({ children }: { readonly children: ReactNode }) {
  const [zone, setZone] = useState<TimeZoneMode>(() =>
    readSetting('time_zone') === 'utc' ? 'utc' : 'local',
  )
  const mode = useMemo(
    () => ({
      zone,
      setZone: (next: TimeZoneMode) => {
        writeSetting('time_zone', next)
        setZone(next)
      },
    }),
    [zone],
  )
  return <TimeModeContext value={mode}>{children}</TimeModeContext>
}

/** The choice between local time and UTC. */
export function useTimeMode(): TimeMode {
  return useContext(TimeModeContext)
}

/** How times are written now: language and zone. */
export function useTimeFormat(): TimeFormat {
  const { i18n } = useTranslation()
  const { zone } = useTimeMode()
  return useMemo(() => ({ locale: i18n.language, zone }), [i18n.language, zone])
}
