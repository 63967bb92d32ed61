/** ATT&CK tactics in the order of the matrix, of version 18 and of 19, which split one in two. */
export const TACTICS: readonly string[] = [
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
]

// What a reader wants to know first.
const WEIGHTIEST: readonly string[] = [
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

/** Puts tactics into the order of the matrix, each once; unknown ones come last. */
export function inMatrixOrder(tactics: Iterable<string>): string[] {
  const places = [...new Set(tactics)].map((tactic) => ({ tactic, place: TACTICS.indexOf(tactic) }))
  return places
    .map(({ tactic, place }) => ({ tactic, place: place < 0 ? TACTICS.length : place }))
    .toSorted((a, b) => a.place - b.place || (a.tactic < b.tactic ? -1 : 1))
    .map(({ tactic }) => tactic)
}

/** The tactics that say most about an incident, in the order of the matrix. */
export function weightiest(tactics: Iterable<string>, count: number): string[] {
  const found = new Set(tactics)
  return inMatrixOrder(WEIGHTIEST.filter((tactic) => found.has(tactic)).slice(0, count))
}
