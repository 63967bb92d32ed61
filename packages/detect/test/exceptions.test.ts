import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { RuleException } from '@pomona/rules'
import { Detector } from '../src/index.ts'
import { eqlRule, type Happening, happen } from './stateful/rules.ts'

const WRITTEN = eqlRule('written', 'file where event.action == "create"', { tags: ['attack.t1'] })
const MOVED = eqlRule(
  'moved',
  `sequence by process.entity_id with maxspan=5s
  [file where event.action == "create"] [file where event.action == "rename"]`,
)

function exception(parts: Partial<RuleException>): RuleException {
  const { body } = eqlRule('filter', 'file where file.name == "cache"')
  if (body.kind !== 'event') throw new Error('one event is asked for')
  return {
    id: 'e1',
    name: 'Cache',
    owner: 'ops',
    reason: 'known',
    ruleIds: [],
    tags: [],
    hosts: [],
    filter: body,
    path: 'e.yml',
    line: 1,
    ...parts,
  }
}

/** Rules that tell of a cache being written and moved, and those that were excepted. */
function told(parts: Partial<RuleException>, what: Partial<Happening> = {}) {
  const detector = new Detector([WRITTEN, MOVED], { exceptions: [exception(parts)] })
  const alerts = [
    ...detector.process(happen({ ms: 0, action: 'create', file: '/tmp/cache', ...what })),
    ...detector.process(happen({ ms: 1, action: 'rename', file: '/usr/x' })),
    ...detector.settle(),
  ]
  const excepted = detector.takeExcepted().map(({ alert }) => alert.rule_id)
  equal(detector.counts().alertsDiscarded.excepted, excepted.length)
  return { told: alerts.map(({ rule_id: id }) => id), excepted }
}

const cases: readonly (readonly [string, Partial<RuleException>, readonly string[]])[] = [
  ['all rules, any host; of several events one suffices', {}, ['written', 'moved']],
  ['a rule by its id', { ruleIds: ['moved'] }, ['moved']],
  ['rules by a tag', { tags: ['attack.t1'] }, ['written']],
  ['a host by its name', { hosts: ['mac.local'] }, ['written', 'moved']],
  ['another host', { hosts: ['other'] }, []],
  ['before it expires', { expiresMs: Date.UTC(2026, 2, 3) }, ['written', 'moved']],
  ['after it expired', { expiresMs: Date.UTC(2026, 2, 2) }, []],
]
for (const [name, parts, excepted] of cases) {
  test(`exceptions: ${name}`, () => {
    const all = ['written', 'moved']
    deepEqual(told(parts), { told: all.filter((id) => !excepted.includes(id)), excepted })
  })
}

test('exceptions: events unlike the filter are told', () => {
  deepEqual(told({}, { file: '/tmp/other' }), { told: ['written', 'moved'], excepted: [] })
})

test('exceptions: what nobody fetches is bounded, and what is dropped is counted', () => {
  const detector = new Detector([WRITTEN], { exceptions: [exception({})], exceptedMax: 2 })
  for (let ms = 0; ms < 5; ms += 1) {
    detector.process(happen({ ms, action: 'create', file: '/tmp/cache', who: `p${ms}` }))
  }
  equal(detector.takeExcepted().length, 2)
  equal(detector.counts().exceptedDropped, 3)
  deepEqual(detector.takeNotices(), [{ kind: 'excepted_dropped', count: 3 }])
})
