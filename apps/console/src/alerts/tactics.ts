/**
 * Tactics in the order of an attack, as both vocabularies in use name them: ATT&CK 19 split
 * `defense-evasion` into `stealth` and `defense-impairment`.
 */
export const TACTICS = [
  'reconnaissance',
  'resource-development',
  'initial-access',
  'execution',
  'persistence',
  'privilege-escalation',
  'defense-evasion',
  'stealth',
  'defense-impairment',
  'credential-access',
  'discovery',
  'lateral-movement',
  'collection',
  'command-and-control',
  'exfiltration',
  'impact',
] as const
/** One of {@link TACTICS}. */
export type Tactic = (typeof TACTICS)[number]

const VERSION_SPLIT = 19
const OLD_ONLY: ReadonlySet<Tactic> = new Set<Tactic>(['defense-evasion'])
const NEW_ONLY: ReadonlySet<Tactic> = new Set<Tactic>(['stealth', 'defense-impairment'])

// What a reader wants to know first.
const WEIGHTIEST: readonly Tactic[] = [
  'impact',
  'exfiltration',
  'credential-access',
  'lateral-movement',
  'collection',
  'persistence',
  'privilege-escalation',
  'command-and-control',
  'defense-impairment',
  'defense-evasion',
  'stealth',
  'initial-access',
  'execution',
  'discovery',
]

/** Whether a text is the short name of a tactic. */
export function isTactic(text: string): text is Tactic {
  return TACTICS.some((tactic) => tactic === text)
}

/**
 * The tactics a strip draws: those of one vocabulary, and whichever of the other were found.
 *
 * @param version ATT&CK version; without one, the older vocabulary.
 */
export function shownTactics(
  found: readonly string[],
  version: string | undefined,
): readonly Tactic[] {
  const isNew = Number.parseInt(version ?? '', 10) >= VERSION_SPLIT
  const absent = isNew ? OLD_ONLY : NEW_ONLY
  return TACTICS.filter((tactic) => !absent.has(tactic) || found.includes(tactic))
}

/** The tactics that say most, in the order of the matrix. */
export function weightiestTactics(found: readonly string[], count: number): readonly Tactic[] {
  const kept = new Set(WEIGHTIEST.filter((tactic) => found.includes(tactic)).slice(0, count))
  return TACTICS.filter((tactic) => kept.has(tactic))
}
