import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { keyLines, yamlTokens } from '../text/yaml-text.ts'

const LINES_MAX = 5000

interface RuleSourceProps {
  readonly source: string
  readonly path: string
  /** Selections to point at: those that matched. */
  readonly selections?: ReadonlySet<string>
}

const NOTHING: ReadonlySet<string> = new Set()

/** A rule as written, with line numbers; the selections that matched are pointed at. */
export function RuleSource({ source, path, selections = NOTHING }: RuleSourceProps) {
  const { t } = useTranslation()
  const lines = useMemo(() => source.trimEnd().split('\n').slice(0, LINES_MAX), [source])
  const hits = useMemo(() => keyLines(source, selections), [source, selections])
  return (
    <div className="column">
      <div className="card-head">
        <span className="grow clip">
          <Untrusted text={path} mono clip className="dim" />
        </span>
        <CopyButton text={source} label={t('rule.source')} />
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keyboard */}
      <section className="source" tabIndex={0} aria-label={t('rule.source')}>
        {lines.map((line, index) => (
          <div
            // oxlint-disable-next-line react/no-array-index-key -- a line is its number
            key={index}
            className={hits.has(index + 1) ? 'source-line source-hit' : 'source-line'}
          >
            <span className="source-number" aria-hidden>
              {index + 1}
            </span>
            <span className="source-text">
              {yamlTokens(line).map((token, place) => (
                // oxlint-disable-next-line react/no-array-index-key -- a token is its place
                <span key={place} className={`token-${token.kind}`}>
                  <Untrusted text={token.text} />
                </span>
              ))}
            </span>
          </div>
        ))}
      </section>
    </div>
  )
}
