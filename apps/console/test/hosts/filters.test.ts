import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { parseProcessFilters, processQuery } from '../../src/hosts/process-filters.ts'
import {
  formatTimelineFilters,
  parseTimelineFilters,
  timelineQuery,
} from '../../src/hosts/timeline-filters.ts'

const timeline = (text: string) => parseTimelineFilters(new URLSearchParams(text))
const processes = (text: string) => parseProcessFilters(new URLSearchParams(text))

const rewrites = [
  {
    name: 'keeps what it knows',
    text: 'action=exec&action=fork&category=file&process=e1&q=x&from=-1h',
  },
  { name: 'is empty by default', text: '' },
]
for (const { name, text } of rewrites) {
  test(`timeline filters: ${name}`, () =>
    equal(formatTimelineFilters(timeline(text)).toString(), text))
}

test('timeline filters: leave out what makes no sense', () =>
  equal(
    formatTimelineFilters(timeline(`from=x&action=${'a'.repeat(70)}&tab=timeline`)).toString(),
    '',
  ))

test('timeline filters: spans become times for the server', () => {
  const query = timelineQuery(timeline('from=-1h'), Date.parse('2026-11-22T16:10:00Z'))
  equal(query.get('from'), '2026-11-22T15:10:00.000000000Z')
})

test('process filters: read and write the same', () => {
  const text = 'signer=adhoc&signer=unsigned&q=x&running=true'
  equal(processQuery(processes(text)).toString(), text)
  deepEqual(processes('signer=odd&running=maybe'), { q: '', signer: [] })
})
