import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { shownTactics } from '../../src/alerts/tactics.ts'

const OLD = ['defense-evasion']
const NEW = ['stealth', 'defense-impairment']
const strips = [
  { name: 'the older one without a word', found: [], version: undefined, drawn: OLD, hits: [] },
  { name: 'the older one', found: OLD, version: '18.1', drawn: OLD, hits: OLD },
  { name: 'the newer one by its version', found: [], version: '19', drawn: NEW, hits: [] },
  { name: 'the newer one by its names', found: ['stealth'], drawn: NEW, hits: ['stealth'] },
  {
    name: 'the older one of both',
    found: [...OLD, 'stealth'],
    version: '19',
    drawn: OLD,
    hits: OLD,
  },
]
for (const { name, found, version, drawn, hits } of strips) {
  test(`tactics: a strip shows one vocabulary: ${name}`, () => {
    const shown = shownTactics(found, version)
    const ofEither: ReadonlySet<string> = new Set([...OLD, ...NEW])
    deepEqual(
      shown.cells.filter((tactic) => ofEither.has(tactic)),
      drawn,
    )
    deepEqual([...shown.hits], hits)
  })
}
