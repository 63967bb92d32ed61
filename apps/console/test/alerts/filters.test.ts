import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { AlertQuery, AlertRecord } from '@pomona/schema'
import {
  alertQuery,
  FILTERS_DEFAULT,
  formatFilters,
  matchesFilters,
  parseFilters,
  sameFilters,
  toggle,
} from '../../src/alerts/filters.ts'

const parse = (text: string) => parseFilters(new URLSearchParams(text))
const nowMs = Date.parse('2026-11-22T16:10:00Z')

test('filters: an empty address is the work to do', () => deepEqual(parse(''), FILTERS_DEFAULT))

const rewrites = [
  {
    name: 'keeps what it knows',
    text: 'severity=high&rule=r1&q=curl',
    want: 'severity=high&rule=r1&q=curl',
  },
  { name: 'drops unknown words', text: 'severity=huge&status=odd&from=later&x=1', want: '' },
  { name: 'leaves the default status out', text: 'status=new&status=in_progress', want: '' },
  { name: 'keeps every status', text: 'status=any', want: 'status=any' },
  { name: 'keeps one status', text: 'status=closed', want: 'status=closed' },
  { name: 'drops doubles', text: 'host=a&host=a&host=b', want: 'host=a&host=b' },
  { name: 'keeps spans', text: 'from=-24h', want: 'from=-24h' },
  { name: 'encodes what it was given', text: 'q=%26a%3Db', want: 'q=%26a%3Db' },
]
for (const { name, text, want } of rewrites) {
  test(`filters: ${name}`, () => equal(formatFilters(parse(text)).toString(), want))
}

test('filters: writing and reading give the same filters back', () => {
  const filters = parse(
    'severity=critical&technique=T1059&status=any&host=h%2F1&from=-7d&q=%E6%96%87',
  )
  deepEqual(parse(formatFilters(filters).toString()), filters)
})

test('filters: text is cut at the limit of the API', () =>
  equal(parse(`q=${'x'.repeat(500)}`).q.length, 200))

test('filters: the query for the server is what its schema takes', () => {
  const query = alertQuery(parse('severity=high&severity=low&from=-1h&host=h'), nowMs)
  deepEqual(query.getAll('status'), ['new', 'in_progress'])
  equal(query.get('from'), '2026-11-22T15:10:00.000000000Z')
  const parsed = AlertQuery.parse({
    severity: query.getAll('severity'),
    status: query.getAll('status'),
    host: query.get('host'),
    from: query.get('from'),
  })
  deepEqual(parsed.host, ['h'])
})

test('filters: the query for every status names none', () =>
  equal(alertQuery(parse('status=any'), nowMs).has('status'), false))

test('filters: a value is added, then taken away again', () => {
  const once = toggle(FILTERS_DEFAULT, { name: 'host', value: 'h' })
  deepEqual(once.host, ['h'])
  deepEqual(toggle(once, { name: 'host', value: 'h' }), FILTERS_DEFAULT)
})

test('filters: taking the last status away shows all of them', () => {
  const one = toggle(FILTERS_DEFAULT, { name: 'status', value: 'new' })
  deepEqual(one.status, ['in_progress'])
  deepEqual(toggle(one, { name: 'status', value: 'in_progress' }).status, [])
})

test('filters: order of severities does not make another queue', () =>
  equal(
    sameFilters(parse('severity=high&severity=low'), parse('severity=low&severity=high')),
    true,
  ))

const alert = AlertRecord.parse({
  id: 'a1',
  rule_id: 'r1',
  rule_name: 'Password prompt',
  rule_version: 'v',
  severity: 'high',
  risk_score: 73,
  attack_version: '18.1',
  techniques: [
    { id: 'T1059.002', tactics: ['execution'] },
    { id: 'T1685', tactics: [] },
  ],
  tactics: ['execution'],
  time: '2026-11-22T16:00:00.000000000Z',
  tenant_id: 'default',
  host: { id: 'h1', name: 'orchard-01' },
  processes: [{ pid: 1, pidversion: 2, entity_id: 'e', name: 'osascript' }],
  events: ['e-1'],
  matches: [],
  group_key: 'h1',
  status: 'new',
  created: '2026-11-22T16:00:01.000000000Z',
  updated: '2026-11-22T16:00:01.000000000Z',
})

const arrivals = [
  { name: 'any queue that filters nothing', text: '', want: true },
  { name: 'its severity', text: 'severity=high', want: true },
  { name: 'no other severity', text: 'severity=low', want: false },
  { name: 'no closed queue', text: 'status=closed', want: false },
  { name: 'its host', text: 'host=h1', want: true },
  { name: 'no other host', text: 'host=h2', want: false },
  { name: 'the parent of its technique', text: 'technique=T1059', want: true },
  { name: 'its technique', text: 'technique=T1059.002', want: true },
  { name: 'the older id of its technique', text: 'technique=T1562', want: true },
  { name: 'no other technique', text: 'technique=T1059.004', want: false },
  { name: 'text of its process', text: 'q=OSAscript', want: true },
  { name: 'no other text', text: 'q=curl', want: false },
  { name: 'the last hour', text: 'from=-1h', want: true },
  { name: 'not the last quarter', text: 'from=2026-11-22T16:00:00.000000001Z', want: false },
  { name: 'not what ended as it began', text: 'to=2026-11-22T16:00:00Z', want: false },
]
for (const { name, text, want } of arrivals) {
  test(`arrival: belongs to ${name}`, () =>
    equal(matchesFilters(alert, { filters: parse(text), nowMs }), want))
}
