import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { IncidentRecord } from '@pomona/schema'
import {
  FILTERS_DEFAULT,
  formatFilters,
  incidentQuery,
  matchesFilters,
  NOBODY,
  parseFilters,
  sameFilters,
  toggle,
} from '../../src/incidents/filters.ts'

const parsed = (text: string) => parseFilters(new URLSearchParams(text))

test('incident filters: an empty address is work to do, of medium and above', () => {
  deepEqual(parsed(''), FILTERS_DEFAULT)
  equal(formatFilters(FILTERS_DEFAULT).toString(), '')
})

const addresses = [
  'severity=low',
  'severity=any&status=any',
  'status=closed&assignee=nobody&host=m1&tactic=impact&q=x&from=-24h&order=risk',
]
for (const address of addresses) {
  test(`incident filters: ${address} survives reading and writing`, () => {
    equal(parsed(formatFilters(parsed(address)).toString()) !== undefined, true)
    deepEqual(parsed(formatFilters(parsed(address)).toString()), parsed(address))
    equal(sameFilters(parsed(address), parsed(formatFilters(parsed(address)).toString())), true)
  })
}

test('incident filters: what makes no sense is left out', () => {
  deepEqual(parsed('severity=worst&status=odd&from=soon&order=up&host='), FILTERS_DEFAULT)
})

test('incident filters: the query names what is asked for, and nobody as an empty name', () => {
  const query = incidentQuery(parsed('assignee=nobody&severity=any&from=-1h'), 3_600_000)
  equal(query.get('assignee'), '')
  equal(query.getAll('severity').length, 0)
  deepEqual(query.getAll('status'), ['new', 'in_progress'])
  equal(query.get('from'), '1970-01-01T00:00:00.000000000Z')
  equal(query.get('order'), 'latest')
})

test('incident filters: taking the last value away asks for all, not for the default', () => {
  const one = toggle(FILTERS_DEFAULT, { name: 'severity', value: 'medium' })
  deepEqual(one.severity, ['high', 'critical'])
  const none = ['high', 'critical'].reduce(
    (filters, value) => toggle(filters, { name: 'severity', value }),
    one,
  )
  deepEqual(none.severity, [])
  equal(formatFilters(none).get('severity'), 'any')
})

test('incident filters: order does not make another list', () => {
  equal(sameFilters(FILTERS_DEFAULT, { ...FILTERS_DEFAULT, order: 'risk' }), true)
  equal(sameFilters(FILTERS_DEFAULT, { ...FILTERS_DEFAULT, q: 'x' }), false)
})

const INCIDENT: IncidentRecord = {
  id: 'i',
  tenant_id: 't',
  name: 'Infostealer activity from Install.app on maya-mac',
  activity: 'information_theft',
  severity: 'high',
  risk_score: 90,
  host: { id: 'm1', name: 'maya-mac' },
  users: ['maya'],
  tactics: ['exfiltration', 'stealth'],
  techniques: [],
  rules: [],
  first_time: '2026-11-22T10:00:00.000000000Z',
  last_time: '2026-11-22T10:00:00.000000000Z',
  alert_count: 3,
  status: 'new',
  created: '2026-11-22T10:00:00.000000000Z',
  updated: '2026-11-22T10:00:00.000000000Z',
}

const arrivals = [
  { address: '', want: true },
  { address: 'severity=low', want: false },
  { address: 'status=closed', want: false },
  { address: 'q=INSTALL.app', want: true },
  { address: 'q=other', want: false },
  { address: 'tactic=impact', want: false },
  { address: 'tactic=defense-evasion', want: true },
  { address: 'tactic=defense-impairment', want: false },
  { address: `assignee=${NOBODY}`, want: true },
  { address: 'assignee=ada', want: false },
  { address: 'to=2026-11-01T00:00:00Z', want: false },
]
for (const { address, want } of arrivals) {
  test(`incident filters: a new one ${want ? 'fits' : 'does not fit'} ${address || 'the default'}`, () =>
    equal(matchesFilters(INCIDENT, parsed(address)), want))
}
