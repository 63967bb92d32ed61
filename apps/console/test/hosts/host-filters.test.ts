import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { conditionsOf } from '../../src/hosts/conditions.ts'
import {
  fitsFilters,
  formatHostFilters,
  parseHostFilters,
  stateOf,
} from '../../src/hosts/host-filters.ts'
import { host, NOW_MS } from './host.ts'

test('host filters: survive the address; what is none of them does not', () => {
  for (const text of ['', 'q=ada&state=silent&problem=any', 'problem=sensor_failed']) {
    equal(formatHostFilters(parseHostFilters(new URLSearchParams(text))).toString(), text)
  }
  const wild = parseHostFilters(new URLSearchParams('state=asleep&problem=moths'))
  deepEqual(wild, { q: '', state: undefined, problem: undefined })
})

const silent = host({ state: 'silent' })
const cases: readonly { filters: string; want: boolean }[] = [
  { filters: '', want: true },
  { filters: 'q=ADA', want: true },
  { filters: 'q=eve', want: false },
  { filters: 'q=mac-1&state=silent', want: true },
  { filters: 'state=online', want: false },
  { filters: 'problem=any', want: true },
  { filters: 'problem=silent', want: true },
  { filters: 'problem=ledger', want: false },
]
for (const { filters, want } of cases) {
  test(`host filters: “${filters}” ${want ? 'lists' : 'leaves out'} a silent host`, () => {
    const one = { host: silent, conditions: conditionsOf(silent, NOW_MS) }
    equal(fitsFilters(one, parseHostFilters(new URLSearchParams(filters))), want)
  })
}

test('host filters: a host without reports has the state never', () => {
  const { agent: _, ...bare } = host()
  equal(stateOf(bare), 'never')
  const none = { host: host(), conditions: [] }
  equal(fitsFilters(none, parseHostFilters(new URLSearchParams('problem=any'))), false)
})
