import { TACTICS } from '@pomona/schema'

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
  return [...new Set(tactics)]
    .map((tactic) => ({ tactic, place: placeOf(tactic) }))
    .toSorted((a, b) => a.place - b.place || (a.tactic < b.tactic ? -1 : 1))
    .map(({ tactic }) => tactic)
}

function placeOf(tactic: string): number {
  const place = TACTICS.findIndex((one) => one === tactic)
  return place < 0 ? TACTICS.length : place
}

/** The tactics that say most about an incident, in the order of the matrix. */
export function weightiest(tactics: Iterable<string>, count: number): string[] {
  const found = new Set(tactics)
  return inMatrixOrder(WEIGHTIEST.filter((tactic) => found.has(tactic)).slice(0, count))
}
