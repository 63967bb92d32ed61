import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { loadRules, parseFieldMapping } from '@pomona/rules'
import { CorrelationEvaluation, Engine } from '../../src/index.ts'

const mapping = parseFieldMapping('name: none')
const FAILED = `title: Failed
name: failed
id: failed
logsource: {}
detection: { s: { EventID: 4625 }, condition: s }
`
const MANY = `title: Many failed
name: many
id: many
correlation:
  type: event_count
  rules: [failed]
  group-by: [TargetUserName]
  timespan: 1m
  condition: { gte: 3 }
`
const SPREAD = `title: Many failed for many
id: spread
correlation:
  type: value_count
  rules: [many]
  group-by: [Computer]
  timespan: 10m
  condition: { field: TargetUserName, gte: 2 }
`

function run(texts: readonly string[], events: readonly object[]): readonly (readonly string[])[] {
  const sources = [{ path: 'rules.yml', text: texts.join('---\n') }]
  const { rules } = loadRules(sources, { mapping, fields: 'raw', purpose: 'evaluate' })
  const engine = new Engine(rules, { lookup: 'literal' })
  const correlations = new CorrelationEvaluation(rules, 'literal')
  return events.map((event, second) => {
    const completed = correlations.feed(event, engine.match(event), second * 1_000)
    return completed.map(({ id }) => id)
  })
}

const failure = (TargetUserName: string) => ({ EventID: 4_625, TargetUserName, Computer: 'mac' })

test('correlation evaluation: it is told at the event that completes it, by key', () => {
  const events = ['ann', 'bob', 'ann', 'bob', 'ann', 'ann', 'bob'].map(failure)
  deepEqual(run([FAILED, MANY], events), [[], [], [], [], ['many'], [], ['many']])
})

test('correlation evaluation: correlations over correlations, with keys of the inner ones', () => {
  const events = ['ann', 'ann', 'ann', 'bob', 'bob', 'bob'].map(failure)
  const told = run([SPREAD, MANY, FAILED], events)
  deepEqual(told, [[], [], ['many'], [], [], ['many', 'spread']])
})

test('correlation evaluation: an event without the key is not counted', () => {
  const event = { EventID: 4_625 }
  deepEqual(run([FAILED, MANY], [event, event, event]), [[], [], []])
})
