import { TACTICS } from '@pomona/schema'

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
