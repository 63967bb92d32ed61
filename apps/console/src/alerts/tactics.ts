import {
  ATTACK_VERSION_SPLIT,
  attackVersions,
  inOneVocabulary,
  type Tactic,
  TACTICS,
} from '@pomona/schema'

const OLD_ONLY: ReadonlySet<Tactic> = new Set<Tactic>(['defense-evasion'])
const NEW_ONLY: ReadonlySet<Tactic> = new Set<Tactic>(['stealth', 'defense-impairment'])

/** The cells of a strip, and which of them were found. */
export interface ShownTactics {
  readonly cells: readonly Tactic[]
  readonly hits: ReadonlySet<string>
}

/**
 * The tactics a strip draws: those of the vocabulary that the found ones are written in, each
 * once.
 *
 * @param version ATT&CK version where the names do not tell; without one, the older.
 */
export function shownTactics(found: readonly string[], version?: string): ShownTactics {
  const hits = inOneVocabulary(found)
  const { old, split } = attackVersions({ tactics: hits, techniques: [] })
  const isNew = old.length === 0 && (split.length > 0 || version === ATTACK_VERSION_SPLIT)
  const absent = isNew ? OLD_ONLY : NEW_ONLY
  return { cells: TACTICS.filter((tactic) => !absent.has(tactic)), hits: new Set(hits) }
}
