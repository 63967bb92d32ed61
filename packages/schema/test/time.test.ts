import { equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime, padTime, parseTime } from '../src/index.ts'

const read = [
  ['1970-01-01T00:00:00Z', 0n],
  ['1970-01-01T00:00:00.000000001Z', 1n],
  ['1969-12-31T23:59:59.999999999Z', -1n],
  ['2026-03-02T08:30:00.5Z', 1_772_440_200_500_000_000n],
  ['2026-03-02T10:30:00.5+02:00', 1_772_440_200_500_000_000n],
  ['2026-03-02T08:30:00', undefined],
  ['2026-03-02 08:30:00Z', undefined],
  ['2026-03-02T08:30:00.0123456789Z', undefined],
  ['2026-13-02T08:30:00Z', undefined],
  ['', undefined],
] as const
for (const [text, wanted] of read) {
  test(`time: '${text}' is ${wanted} nanoseconds`, () => equal(parseTime(text), wanted))
}

for (const atNs of [0n, 1n, -1n, 999_999_999n, -1_000_000_001n, 1_772_440_200_123_456_789n]) {
  test(`time: ${atNs} nanoseconds survive being written and read`, () => {
    const text = formatTime(atNs)
    equal(text.length, 30)
    equal(parseTime(text), atNs)
  })
}

test('time: a year that RFC 3339 cannot write is the caller’s bug', () => {
  throws(() => formatTime(9_000_000_000_000_000_000_000n), RangeError)
})

const padded = [
  ['2026-03-02T08:30:00.123456789Z', '2026-03-02T08:30:00.123456789Z'],
  ['2026-03-02T08:30:00.123456Z', '2026-03-02T08:30:00.123456000Z'],
  ['2026-03-02T08:30:00.1Z', '2026-03-02T08:30:00.100000000Z'],
  ['2026-03-02T08:30:00Z', '2026-03-02T08:30:00.000000000Z'],
  ['2026-03-31T08:30:00.1Z', '2026-03-31T08:30:00.100000000Z'],
  ['2024-02-29T00:00:00.000000000Z', '2024-02-29T00:00:00.000000000Z'],
  ['2026-03-02T01:00:00.1+02:00', '2026-03-01T23:00:00.100000000Z'],
  ['1900-01-01T00:00:00.000000000Z', '1900-01-01T00:00:00.000000000Z'],
  ['1899-12-31T23:59:59.999999999Z', undefined],
  ['2261-12-31T23:59:59.999999999Z', '2261-12-31T23:59:59.999999999Z'],
  ['2262-01-01T00:00:00.000000000Z', undefined],
  ['2026-00-02T08:30:00.000000000Z', undefined],
  ['2026-13-02T08:30:00.000000000Z', undefined],
  ['2026-03-00T08:30:00.000000000Z', undefined],
  ['2026-03-32T08:30:00.000000000Z', undefined],
  ['2026-03-02T25:30:00.000000000Z', undefined],
  ['2026-03-02T08:60:00.000000000Z', undefined],
  ['2026-03-02T08:30:61.000000000Z', undefined],
  ['2026-03-02T08:30:00.00000000xZ', undefined],
  ['2026x03-02T08:30:00.000000000Z', undefined],
  ['................../.........Z', undefined],
  ['2026-03-02T08:30:00.Z', undefined],
] as const
for (const [text, wanted] of padded) {
  test(`time: '${text}' padded is ${wanted}`, () => equal(padTime(text), wanted))
}
