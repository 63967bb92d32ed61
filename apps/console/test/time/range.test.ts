import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { addMs, fromInput, isBound, resolveBound, toInput } from '../../src/time/range.ts'

const nowMs = Date.parse('2026-11-22T16:10:00Z')

const bounds = [
  { name: 'minutes back', text: '-15m', want: '2026-11-22T15:55:00.000000000Z' },
  { name: 'hours back', text: '-24h', want: '2026-11-21T16:10:00.000000000Z' },
  { name: 'days back', text: '-7d', want: '2026-11-15T16:10:00.000000000Z' },
  { name: 'a timestamp', text: '2026-11-22T00:00:00Z', want: '2026-11-22T00:00:00.000000000Z' },
  { name: 'another unit', text: '-3w', want: undefined },
  { name: 'the future', text: '+1h', want: undefined },
  { name: 'five digits', text: '-99999d', want: undefined },
  { name: 'nothing', text: '', want: undefined },
]
for (const { name, text, want } of bounds) {
  test(`range: ${want === undefined ? 'refuses' : 'resolves'} ${name}`, () => {
    equal(resolveBound(text, nowMs), want)
    equal(isBound(text), want !== undefined)
  })
}

test('range: input fields and timestamps translate both ways', () => {
  const at = '2026-11-22T16:10:05.000000000Z'
  equal(toInput(at, 'utc'), '2026-11-22T16:10:05')
  equal(fromInput('2026-11-22T16:10:05', 'utc'), at)
  equal(fromInput(toInput(at, 'local'), 'local'), at)
  equal(fromInput('', 'utc'), undefined)
  equal(toInput('-24h', 'utc'), '')
  equal(toInput(undefined, 'local'), '')
})

test('range: adds to the nanosecond', () => {
  equal(addMs('2026-11-22T16:00:00.000000001Z', 3_600_000), '2026-11-22T17:00:00.000000001Z')
  equal(addMs('soon', 1), 'soon')
})
