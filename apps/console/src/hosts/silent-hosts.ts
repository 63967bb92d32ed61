import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useStreamMessages } from '../live/live.tsx'
import { useNotice } from '../shell/notice.tsx'
import { visibleText } from '../text/escape.ts'

/** Says of each host once that it has fallen silent, wherever in the console one is. */
export function useSilentHosts(): void {
  const { t } = useTranslation()
  const notify = useNotice()
  const told = useRef(new Set<string>())
  useStreamMessages((message) => {
    if (message.kind !== 'host') return
    const { id, name, agent } = message.host
    if (agent?.state !== 'silent') {
      told.current.delete(id)
      return
    }
    if (told.current.has(id)) return
    told.current.add(id)
    notify({ kind: 'failed', text: t('host.fell_silent', { name: visibleText(name) }) })
  })
}
