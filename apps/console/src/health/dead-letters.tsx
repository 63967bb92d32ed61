import type { DeadLetter } from '@pomona/schema'
import { IconChevronDown, IconChevronRight, IconMailOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { PanelEmpty } from '../shell/panel-state.tsx'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'

interface LetterProps {
  readonly letter: DeadLetter
  /** Absent where letters are only shown. */
  readonly tick?: { readonly chosen: boolean; readonly toggle: () => void }
}

/** One record that could not be used; opened, with a sample of what came. */
export function Letter({ letter, tick }: LetterProps) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const Chevron = open ? IconChevronDown : IconChevronRight
  return (
    <li className="letter">
      <div className="letter-head">
        {tick !== undefined && (
          <input
            type="checkbox"
            className="letter-tick"
            checked={tick.chosen}
            aria-label={t('letter.choose')}
            onChange={tick.toggle}
          />
        )}
        <button
          type="button"
          className="plain-button evidence-head grow"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Chevron size={14} aria-hidden className="dim" />
          <Timestamp time={letter.time} />
          <span className="tag">
            <Untrusted text={letter.stage} />
          </span>
          <strong className="mono">
            <Untrusted text={letter.reason} />
          </strong>
          <span className="grow clip dim">
            <Untrusted text={letter.detail} clip />
          </span>
        </button>
      </div>
      {open && (
        <div className="letter-body">
          <div className="row">
            <span className="grow">
              <Untrusted text={letter.detail} lengthMax={1000} />
            </span>
            {letter.host_id !== undefined && (
              <Link to={`/hosts/${encodeURIComponent(letter.host_id)}`}>
                <Untrusted text={letter.host_id} mono />
              </Link>
            )}
            <CopyButton text={letter.sample} label={t('health.sample')} />
          </div>
          <div className="letter-sample">
            <Untrusted text={letter.sample} mono lengthMax={4096} />
          </div>
        </div>
      )}
    </li>
  )
}

/** Records that could not be used, each with why and a sample of what came. */
export function DeadLetters({ letters }: { readonly letters: readonly DeadLetter[] }) {
  const { t } = useTranslation()
  return (
    <section className="card" aria-label={t('health.letters')}>
      <div className="card-head">
        <h2>{t('health.letters')}</h2>
        <span className="dim">{t('health.letters_hint', { count: letters.length })}</span>
        <span className="grow" />
        <Link to="/letters">{t('letter.queue')}</Link>
      </div>
      {letters.length === 0 ? (
        <PanelEmpty title={t('health.no_letters')} Icon={IconMailOff} />
      ) : (
        <ul className="letters">
          {letters.map((letter) => (
            <Letter key={letter.id} letter={letter} />
          ))}
        </ul>
      )}
    </section>
  )
}
