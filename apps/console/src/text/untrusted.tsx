import { Fragment, memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { cutText, segmentText } from './escape.ts'
import type { HighlightRun } from './highlight.ts'
import './text.css'

interface SafeRunProps {
  readonly text: string
}

/** Text with every dangerous character replaced by its visible name. */
const SafeRun = memo(function SafeRun({ text }: SafeRunProps) {
  return segmentText(text).map((segment, index) =>
    segment.kind === 'text' ? (
      // oxlint-disable-next-line react/no-array-index-key -- runs have no identity but their place
      <Fragment key={index}>{segment.text}</Fragment>
    ) : (
      // oxlint-disable-next-line react/no-array-index-key -- runs have no identity but their place
      <span key={index} className="escape">
        {segment.text}
      </span>
    ),
  )
})

interface UntrustedProps {
  /** What an endpoint, a rule or an agent said. */
  readonly text: string | undefined
  readonly mono?: boolean
  /** One line, cut with an ellipsis by the layout; the whole text is in the tooltip-free DOM. */
  readonly clip?: boolean
  /** Characters shown before "show all". */
  readonly lengthMax?: number
  readonly className?: string
}

/**
 * The only way a string from outside reaches the screen: as text, isolated from its neighbours'
 * direction, controls made visible, long values cut until asked for.
 */
export function Untrusted({ text, mono, clip, lengthMax, className = '' }: UntrustedProps) {
  const classes = `untrusted ${mono === true ? 'mono' : ''} ${clip === true ? 'clip' : ''} ${className}`
  if (text === undefined || text === '') return <span className={`${classes} dim`}>–</span>
  if (lengthMax !== undefined && text.length > lengthMax) {
    return <LongText text={text} lengthMax={lengthMax} classes={classes} />
  }
  // A clipped line is cut by the layout anyway; a megabyte in it would only cost time.
  const shown = clip === true ? cutText(text, CLIP_LENGTH_MAX) : text
  return (
    <bdi className={classes} dir="ltr">
      <SafeRun text={shown} />
    </bdi>
  )
}

const CLIP_LENGTH_MAX = 400

interface LongTextProps {
  readonly text: string
  readonly lengthMax: number
  readonly classes: string
}

function LongText({ text, lengthMax, classes }: LongTextProps) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  return (
    <bdi className={classes} dir="ltr">
      <SafeRun text={open ? text : cutText(text, lengthMax)} />
      {open ? ' ' : '… '}
      <button
        type="button"
        className="plain-button text-more"
        aria-expanded={open}
        onClick={(event) => {
          event.stopPropagation()
          setOpen(!open)
        }}
      >
        {open ? t('text.less') : t('text.more', { count: text.length - lengthMax })}
      </button>
    </bdi>
  )
}

interface HighlightedProps {
  readonly runs: readonly HighlightRun[]
}

/** Untrusted text with the parts that matched marked. */
export function Highlighted({ runs }: HighlightedProps) {
  return (
    <bdi className="untrusted mono" dir="ltr">
      {runs.map((run, index) => {
        const shown = <SafeRun text={run.text} />
        // oxlint-disable-next-line react/no-array-index-key -- runs have no identity but their place
        return run.hit ? <mark key={index}>{shown}</mark> : <Fragment key={index}>{shown}</Fragment>
      })}
    </bdi>
  )
}
