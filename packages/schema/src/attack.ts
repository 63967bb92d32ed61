/**
 * The two vocabularies of ATT&CK that rules are written in, and what is the same in both.
 *
 * ATT&CK 19 retired the tactic *defense evasion*: most of it is *stealth* now (which kept the id
 * TA0005), the rest *defense impairment* (TA0112). It gave *impair defenses* (T1562) and a few
 * others new ids. A name of either version stays as the rule wrote it; here is how to compare.
 *
 * @see https://attack.mitre.org/resources/updates/updates-april-2026/
 */

/** Tactics in the order of the matrix, of version 18 and of 19. */
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

/** ATT&CK version of what names nothing that only 19 has. */
export const ATTACK_VERSION = '18.1'
/** ATT&CK version that split *defense evasion*. */
export const ATTACK_VERSION_SPLIT = '19'

const TACTIC_OLD: Tactic = 'defense-evasion'
const TACTICS_NEW: ReadonlySet<string> = new Set<Tactic>(['stealth', 'defense-impairment'])

// Ids that 19 revoked, with the one that took each over.
const RENUMBERED: ReadonlyMap<string, string> = new Map([
  ['T1070.001', 'T1685.005'],
  ['T1070.002', 'T1685.006'],
  ['T1562', 'T1685'],
  ['T1562.001', 'T1685'],
  ['T1562.002', 'T1685.001'],
  ['T1562.003', 'T1690'],
  ['T1562.004', 'T1686'],
  ['T1562.006', 'T1685'],
  ['T1562.007', 'T1686.001'],
  ['T1562.008', 'T1685.002'],
  ['T1562.009', 'T1688'],
  ['T1562.010', 'T1689'],
  ['T1562.011', 'T1685.003'],
  ['T1562.012', 'T1685.004'],
  ['T1562.013', 'T1686.002'],
  ['T1656', 'T1684.001'],
  ['T1672', 'T1684.002'],
])
// What 19 has and 18 has not, besides sub-techniques of these.
const TECHNIQUES_NEW: ReadonlySet<string> = new Set([
  ...['T1684', 'T1685', 'T1686', 'T1687', 'T1688', 'T1689', 'T1690'],
])

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

/** The tactics that say most about what happened, at most `count`, in the order of the matrix. */
export function weightiestTactics(found: readonly string[], count: number): readonly Tactic[] {
  const kept = new Set(WEIGHTIEST.filter((tactic) => found.includes(tactic)).slice(0, count))
  return TACTICS.filter((tactic) => kept.has(tactic))
}

/** Whether a text is the short name of a tactic of either version. */
export function isTactic(text: string): text is Tactic {
  return TACTICS.some((tactic) => tactic === text)
}

/**
 * A tactic and what it is called in the other version: a filter for one finds what was written as
 * another. *Stealth* and *defense impairment* are both *defense evasion*, and not each other.
 */
export function tacticsAlike(tactic: string): readonly string[] {
  if (tactic === TACTIC_OLD) return [tactic, ...TACTICS_NEW]
  return TACTICS_NEW.has(tactic) ? [tactic, TACTIC_OLD] : [tactic]
}

/**
 * Tactics in one vocabulary, each once, in the order they come. Where both occur it is that of
 * version 18, since what 19 calls *stealth* is *defense evasion* for sure, but not the reverse.
 */
export function inOneVocabulary(tactics: Iterable<string>): string[] {
  const found = [...new Set(tactics)]
  return found.includes(TACTIC_OLD) ? inOlderVocabulary(found) : found
}

/** Tactics as ATT&CK 18 calls them, each once, in the order they come. */
export function inOlderVocabulary(tactics: Iterable<string>): string[] {
  const names = [...tactics].map((tactic) => (TACTICS_NEW.has(tactic) ? TACTIC_OLD : tactic))
  return [...new Set(names)]
}

/** What a technique is called in the other version; none where it kept its id. */
export function techniqueAliases(id: string): readonly string[] {
  const renamed = RENUMBERED.get(id)
  if (renamed !== undefined) return [renamed]
  return [...RENUMBERED].flatMap(([old, now]) => (now === id ? [old] : []))
}

/** True when a technique is the one asked for, or a sub-technique of it, in either version. */
export function coversTechnique({ asked, id }: { asked: string; id: string }): boolean {
  const isUnder = (one: string): boolean => one === asked || one.startsWith(`${asked}.`)
  return isUnder(id) || techniqueAliases(id).some(isUnder)
}

/** All ids outside the family `asked.…` that {@link coversTechnique} finds for it. */
export function techniquesAlike(asked: string): readonly string[] {
  const ids = [...RENUMBERED].flat().filter((id) => coversTechnique({ asked, id }))
  return [...new Set(ids)].filter((id) => id !== asked && !id.startsWith(`${asked}.`))
}

/** Names of tactics and ids of techniques. */
export interface AttackNames {
  readonly tactics: Iterable<string>
  readonly techniques: Iterable<string>
}

/** The names that only one version of ATT&CK has; anything else is in both. */
export function attackVersions({ tactics, techniques }: AttackNames): {
  readonly old: readonly string[]
  readonly split: readonly string[]
} {
  const names = [...tactics, ...techniques]
  const isSplit = (name: string): boolean =>
    TACTICS_NEW.has(name) || TECHNIQUES_NEW.has(name.split('.')[0] ?? name)
  return {
    old: names.filter((name) => name === TACTIC_OLD || RENUMBERED.has(name)),
    split: names.filter(isSplit),
  }
}

/** The ATT&CK version that names are written in: 19 as soon as one exists only there. */
export function attackVersionOf(names: AttackNames): string {
  return attackVersions(names).split.length > 0 ? ATTACK_VERSION_SPLIT : ATTACK_VERSION
}
