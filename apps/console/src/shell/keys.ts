import { useEffect, useRef } from 'react'

/** What a key does; `g h` is a sequence of two. */
export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>

const SEQUENCE_MS_MAX = 900

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

/** A dialog or menu owns the keyboard while it is open. */
function isCovered(): boolean {
  return document.querySelector('[role="dialog"][aria-modal="true"], [role="menu"]') !== null
}

/**
 * Listens to keys of the whole page. Keys typed into fields, with Ctrl, Alt or Command, or while a
 * dialog or menu is open are not ours; Escape in a field leaves it.
 */
export function useKeys(keys: KeyMap): void {
  const latest = useRef(keys)
  useEffect(() => {
    latest.current = keys
  })
  useEffect(() => {
    let prefix = ''
    let prefixMs = 0
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (isTyping(event.target)) {
        if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur()
        return
      }
      if (isCovered()) return
      const fresh = event.timeStamp - prefixMs < SEQUENCE_MS_MAX
      const action =
        (fresh ? latest.current[`${prefix} ${event.key}`] : undefined) ?? latest.current[event.key]
      prefix = event.key
      prefixMs = event.timeStamp
      if (action === undefined) return
      event.preventDefault()
      action(event)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}
