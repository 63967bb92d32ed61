/** The same query asked of stored events and of a stream of them finds the same. */
import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { loadRules, parseFieldMapping, type Rule } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'
import { Detector, evaluateQuery } from '../../src/index.ts'
import { type Dice, dice } from '../dice.ts'
import { compiledEql } from '../eql.ts'

const mapping = parseFieldMapping('name: none')

const QUERIES: readonly string[] = [
  'process where k == 1 and not l : "x*"',
  'sequence by k [process where true] [file where true]',
  'sequence by k, ?l with maxspan=5s [any where l != "y"] [file where true] [process where true]',
  'sequence by k with maxspan=10s [process where true] with runs=3',
  'sequence with maxspan=4s [process where k == 1] ![file where k == 1] [process where k == 2]',
  'sequence by k with maxspan=3s ![file where true] [process where true]',
  'sequence by k with maxspan=3s [process where true] ![file where true]',
  'sequence by k [process where true] [process where true] until [file where l == "z"]',
  'sequence with maxspan=6s [process where true] as a [file where k == a.k and l != a.l] as b ' +
    '[any where l == b.l and k == a.k]',
  'process where child of [file where l == "x"]',
  'file where descendant of [process where k == 1 and not descendant of [file where l == "y"]]',
  'sequence by k with maxspan=9s [file where event of [process where l == "x"]] [process where true]',
]

const LAST = {
  '@timestamp': '2023-11-15T00:00:00.000Z',
  event: { id: 'last', category: ['host'], type: ['info'] },
  host: { id: 'h' },
} as unknown as EcsEvent // As the events below.

function rule(query: string): Rule {
  const text = `title: T\nid: t\nlevel: high\nlanguage: eql\nquery: |\n  ${query}\n`
  const options = { mapping, fields: 'raw', purpose: 'evaluate' } as const
  const [outcome] = loadRules([{ path: 'rule.yml', text }], options).outcomes
  if (outcome?.state !== 'loaded') throw new Error(JSON.stringify(outcome))
  return outcome.rule
}

/** Events of a host, no two at one time; processes start under those before them, and never end. */
function events(next: Dice, count: number): readonly EcsEvent[] {
  const processes: string[] = []
  let timeMs = 1_700_000_000_000
  return Array.from({ length: count }, (_, index) => {
    timeMs += 1 + next(2_500)
    const isFile = next(3) === 0
    const parent = processes[next(Math.max(1, processes.length))]
    const id = isFile ? (parent ?? 'p') : `p${index}`
    if (!isFile) processes.push(id)
    const fields = {
      '@timestamp': new Date(timeMs).toISOString(),
      event: {
        id: `e${index}`,
        sequence: index,
        category: [isFile ? 'file' : 'process'],
        type: [isFile ? 'change' : 'start'],
        action: isFile ? 'write' : 'exec',
      },
      host: { id: 'h' },
      process: {
        entity_id: id,
        ...(isFile || parent === undefined ? {} : { parent: { entity_id: parent } }),
      },
      ...(next(6) === 0 ? {} : { k: next(3) }),
      ...(next(4) === 0 ? {} : { l: ['x', 'y', 'z', 'xx'][next(4)] }),
    }
    return fields
  })
}

for (const query of QUERIES) {
  test(`query and stream agree: ${query}`, () => {
    const seed = 30_103
    const next = dice(seed)
    for (let round = 0; round < 25; round += 1) {
      // An event an hour later shows that nothing else came in between.
      const stream = [...events(next, 60), LAST]
      const rows = evaluateQuery(compiledEql(query), stream, { dialect: 'endpoint' })
      const wanted = rows.map(({ events: places }) =>
        places.flatMap((place) => (place === undefined ? [] : [`e${place}`])),
      )
      const detector = new Detector([rule(query)], { repeatSpanMs: 1 })
      const alerts = [...stream.flatMap((event) => detector.process(event)), ...detector.settle()]
      const told = alerts.map(({ events: ids }) => ids)
      const sorted = (lists: readonly (readonly string[])[]): readonly string[] =>
        lists.map((list) => list.join(' ')).toSorted()
      deepEqual(sorted(told), sorted(wanted), `seed ${seed}, round ${round}`)
    }
  })
}
