import { IconSearch, IconX } from '@tabler/icons-react'
import { type Ref, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

const TYPING_MS = 300

interface SearchFieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly label: string
  readonly inputRef?: Ref<HTMLInputElement>
}

/** A search field that waits until typing pauses; Enter does not wait. */
export function SearchField({ value, onChange, label, inputRef }: SearchFieldProps) {
  const { t } = useTranslation()
  const [text, setText] = useState(value)
  const [seen, setSeen] = useState(value)
  const [sent, setSent] = useState(value)
  if (value !== seen) {
    setSeen(value)
    // Changed by other means, such as a removed chip or the back button; else typing goes on.
    if (value !== sent) setText(value)
  }
  const send = (next: string) => {
    setSent(next)
    if (next !== value) onChange(next)
  }
  useEffect(() => {
    if (text === value) return undefined
    const timer = setTimeout(() => send(text), TYPING_MS)
    return () => clearTimeout(timer)
  })
  return (
    <form
      className="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        send(text)
      }}
    >
      <IconSearch size={14} aria-hidden className="dim" />
      <input
        ref={inputRef}
        className="search-input"
        aria-label={label}
        placeholder={label}
        maxLength={200}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {text === '' ? (
        <kbd className="kbd" aria-hidden>
          /
        </kbd>
      ) : (
        <button
          type="button"
          className="plain-button copy"
          aria-label={t('text.clear')}
          onClick={() => {
            setText('')
            send('')
          }}
        >
          <IconX size={13} aria-hidden />
        </button>
      )}
    </form>
  )
}
