import {
  ATTACK_VERSION,
  ATTACK_VERSION_SPLIT,
  attackVersionOf,
  techniqueAliases,
} from '@pomona/schema'
import { visibleText } from '../text/escape.ts'
import { Untrusted } from '../text/untrusted.tsx'

interface TechniqueTagsProps {
  readonly ids: readonly string[]
  /** Shown before "+n". */
  readonly max?: number
}

/** What the other version of ATT&CK calls a technique; the version's name needs no translation. */
function otherName(id: string): string | undefined {
  const aliases = techniqueAliases(id)
  if (aliases.length === 0) return undefined
  const version = attackVersionOf({ tactics: [], techniques: [id] })
  const other = version === ATTACK_VERSION ? ATTACK_VERSION_SPLIT : ATTACK_VERSION
  return `ATT&CK ${other}: ${aliases.join(' ')}`
}

/** ATT&CK technique ids as tags. */
export function TechniqueTags({ ids, max = ids.length }: TechniqueTagsProps) {
  if (ids.length === 0) return <span className="dim">–</span>
  const rest = ids.slice(max)
  return (
    <span className="row technique-tags">
      {ids.slice(0, max).map((id) => (
        <span key={id} className="tag technique" title={otherName(id)}>
          <Untrusted text={id} />
        </span>
      ))}
      {rest.length > 0 && (
        <span className="dim" title={visibleText(rest.join(' '))}>{`+${rest.length}`}</span>
      )}
    </span>
  )
}
