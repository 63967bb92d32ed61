import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  age,
  between,
  clockTime,
  duration,
  exactTime,
  localOffset,
  shortTime,
} from '../../src/time/format.ts'

const UTC = { locale: 'en', zone: 'utc' } as const
const AT = '2026-11-22T16:05:09.123456789Z'

test('time: shows the clock to the millisecond', () => equal(clockTime(AT, UTC), '16:05:09.123'))
test('time: shows day and time', () => equal(shortTime(AT, UTC), 'Nov 22, 16:05:09'))
test('time: speaks Chinese', () =>
  equal(shortTime(AT, { locale: 'zh-CN', zone: 'utc' }), '11月22日 16:05:09'))
test('time: keeps all nine digits', () => equal(exactTime(AT, 'utc'), AT))
test('time: gives back what is no time', () => {
  equal(shortTime('soon', UTC), 'soon')
  equal(exactTime('soon', 'local'), 'soon')
})

test('time: local and UTC name the same nanosecond', () => {
  const local = exactTime(AT, 'local')
  equal(local.slice(19, 29), '.123456789')
  equal(Date.parse(local.replace(/\.\d+/, '')), Date.parse('2026-11-22T16:05:09Z'))
})

const lengths = [
  { name: 'nothing', ns: 0n, want: '0ms' },
  { name: 'parts of a millisecond', ns: 1_240_000n, want: '1.24ms' },
  { name: 'milliseconds', ns: 350_000_000n, want: '350ms' },
  { name: 'the last millisecond before a second', ns: 999_000_000n, want: '999ms' },
  { name: 'seconds with a fraction', ns: 1_240_000_000n, want: '1.24s' },
  { name: 'just below a minute', ns: 59_900_000_000n, want: '59s' },
  { name: 'minutes and seconds', ns: 192_000_000_000n, want: '3m 12s' },
  { name: 'whole minutes', ns: 120_000_000_000n, want: '2m' },
  { name: 'just below an hour', ns: 3_599_900_000_000n, want: '59m 59s' },
  { name: 'hours', ns: 7_500_000_000_000n, want: '2h 5m' },
  { name: 'days', ns: 356_400_000_000_000n, want: '4d 3h' },
  { name: 'what lies before', ns: -1_500_000_000n, want: '−1.5s' },
]
for (const { name, ns, want } of lengths) {
  test(`duration: writes ${name}`, () => equal(duration(ns, 'en'), want))
}

test('duration: is known only between two times', () => {
  equal(between({ from: AT, to: '2026-11-22T16:05:10.123456790Z' }), 1_000_000_001n)
  equal(between({ from: undefined, to: AT }), undefined)
  equal(between({ from: AT, to: 'soon' }), undefined)
})

const nowMs = Date.parse('2026-11-22T16:10:00Z')
const ages = [
  { name: 'minutes', text: '2026-11-22T16:05:00Z', want: '5 min. ago' },
  { name: 'hours', text: '2026-11-22T13:09:00Z', want: '3 hr. ago' },
  { name: 'the present', text: '2026-11-22T16:10:00Z', want: 'now' },
  { name: 'a clock that is a little ahead', text: '2026-11-22T16:10:20Z', want: 'now' },
  { name: 'a clock that is far ahead', text: '2026-11-22T16:20:00Z', want: 'in 10 min.' },
]
for (const { name, text, want } of ages) {
  test(`age: tells ${name}`, () => equal(age(text, nowMs, 'en'), want))
}

test('offset: is that of the zone at the moment, with its sign', () => {
  const before = process.env['TZ']
  try {
    process.env['TZ'] = 'Europe/Rome'
    equal(localOffset(Date.parse('2026-07-01T00:00:00Z')), 'UTC+02:00')
    equal(localOffset(Date.parse('2026-12-01T00:00:00Z')), 'UTC+01:00')
    process.env['TZ'] = 'America/St_Johns'
    equal(localOffset(Date.parse('2026-12-01T00:00:00Z')), 'UTC-03:30')
  } finally {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  }
})
