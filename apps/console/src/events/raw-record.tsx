import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '../text/copy-button.tsx'
import { searchRuns } from '../text/highlight.ts'
import { type JsonLine, jsonLines, lineText } from '../text/json-text.ts'
import { SearchField } from '../text/search-field.tsx'
import { Highlighted, Untrusted } from '../text/untrusted.tsx'

/** Lines drawn at once; the rest waits behind a button. */
const LINES_SHOWN_MAX = 600

interface LineProps {
  readonly line: JsonLine
  readonly number: number
  readonly term: string
}

function Line({ line, number, term }: LineProps) {
  const text = lineText(line)
  const hit = term !== '' && text.toLowerCase().includes(term.toLowerCase())
  return (
    <div className={hit ? 'source-line source-hit' : 'source-line'}>
      <span className="source-number" aria-hidden>
        {number}
      </span>
      <span className="source-text">
        {'  '.repeat(line.depth)}
        {hit ? (
          <Highlighted runs={searchRuns({ text: text.trimStart(), term })} />
        ) : (
          line.tokens.map((token, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- a token is its place in the line
            <span key={index} className={`token-${token.kind}`}>
              <Untrusted text={token.text} />
            </span>
          ))
        )}
      </span>
    </div>
  )
}

/** The record as the sensor read it: laid out, searchable, every value as it came. */
export function RawRecord({ text }: { readonly text: string }) {
  const { t } = useTranslation()
  const [term, setTerm] = useState('')
  const [all, setAll] = useState(false)
  const lines = useMemo(() => jsonLines(text), [text])
  if (lines === undefined) {
    return (
      <div className="card-body">
        <Untrusted text={text} mono lengthMax={20_000} />
      </div>
    )
  }
  const hits = lines.filter((line) => lineText(line).toLowerCase().includes(term.toLowerCase()))
  const shown = all || term !== '' ? lines : lines.slice(0, LINES_SHOWN_MAX)
  return (
    <div className="column raw">
      <div className="raw-tools">
        <div className="raw-search">
          <SearchField label={t('raw.search')} value={term} onChange={setTerm} />
        </div>
        {term !== '' && (
          <span className="dim" role="status">
            {t('raw.hits', { count: hits.length })}
          </span>
        )}
        <span className="grow" />
        <span className="dim">{t('raw.lines', { count: lines.length })}</span>
        <CopyButton text={text} label={t('raw.record')} />
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keyboard */}
      <section className="source source-wrap" tabIndex={0} aria-label={t('raw.record')}>
        {shown.map((line, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- a line is its number
          <Line key={index} line={line} number={index + 1} term={term} />
        ))}
      </section>
      {shown.length < lines.length && (
        <button
          type="button"
          className="plain-button text-more raw-all"
          onClick={() => setAll(true)}
        >
          {t('raw.all', { count: lines.length })}
        </button>
      )}
    </div>
  )
}
