import { visibleText } from '../text/escape.ts'
import { Untrusted } from '../text/untrusted.tsx'

interface TechniqueTagsProps {
  readonly ids: readonly string[]
  /** Shown before "+n". */
  readonly max?: number
}

/** ATT&CK technique ids as tags. */
export function TechniqueTags({ ids, max = ids.length }: TechniqueTagsProps) {
  if (ids.length === 0) return <span className="dim">–</span>
  const rest = ids.slice(max)
  return (
    <span className="row technique-tags">
      {ids.slice(0, max).map((id) => (
        <span key={id} className="tag technique">
          <Untrusted text={id} />
        </span>
      ))}
      {rest.length > 0 && (
        <span className="dim" title={visibleText(rest.join(' '))}>{`+${rest.length}`}</span>
      )}
    </span>
  )
}
