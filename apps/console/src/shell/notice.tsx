import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react'

interface Notice {
  readonly kind: 'done' | 'failed'
  readonly text: string
}

const SHOWN_MS = 4000

const NoticeContext = createContext<(notice: Notice) => void>(() => undefined)

/** Shows one short message at a time at the bottom of the page, and tells screen readers. */
export function NoticeProvider({ children }: { readonly children: ReactNode }) {
  const [notice, setNotice] = useState<Notice>()
  const notify = useCallback((next: Notice) => setNotice({ ...next }), [])
  useEffect(() => {
    if (notice === undefined) return undefined
    const timer = setTimeout(() => setNotice(undefined), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [notice])
  return (
    <NoticeContext value={notify}>
      {children}
      <div className="notice-place" role="status" aria-live="polite">
        {notice !== undefined && (
          <div className={`notice notice-${notice.kind}`}>
            {notice.kind === 'done' ? (
              <IconCheck size={15} aria-hidden />
            ) : (
              <IconAlertTriangle size={15} aria-hidden />
            )}
            {notice.text}
          </div>
        )}
      </div>
    </NoticeContext>
  )
}

/** Shows a message. */
export function useNotice(): (notice: Notice) => void {
  return useContext(NoticeContext)
}
