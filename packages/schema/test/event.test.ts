import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { fieldPath, fieldValue, problemsOf } from '../src/index.ts'

const cases = [
  { name: 'an empty document', document: {}, want: [] },
  {
    name: 'fitting values',
    document: { event: { kind: 'event', sequence: 1 }, process: { args: ['a', ''] } },
    want: [],
  },
  {
    name: 'text for a number',
    document: { process: { pid: '1' } },
    want: ['process.pid wrong_type'],
  },
  {
    name: 'a number beyond 2^53',
    document: { process: { pid: 2 ** 53 } },
    want: ['process.pid wrong_type'],
  },
  { name: 'NaN', document: { process: { pid: Number.NaN } }, want: ['process.pid wrong_type'] },
  {
    name: 'text for a list',
    document: { process: { args: 'a' } },
    want: ['process.args wrong_type'],
  },
  {
    name: 'a list with a number',
    document: { process: { args: [1] } },
    want: ['process.args wrong_type'],
  },
  { name: 'null', document: { process: { name: null } }, want: ['process.name wrong_type'] },
  {
    name: 'a value where an object belongs',
    document: { process: 'x' },
    want: ['process wrong_type'],
  },
  {
    name: 'a list where an object belongs',
    document: { process: [{ pid: 1 }] },
    want: ['process wrong_type'],
  },
  {
    name: 'a field nobody declared',
    document: { process: { shoe: 1 } },
    want: ['process.shoe unknown_field'],
  },
  {
    name: 'an object nobody declared',
    document: { shoe: { size: 1 } },
    want: ['shoe unknown_field'],
  },
  {
    name: 'a time of three digits',
    document: { '@timestamp': '2026-03-02T08:30:00.123Z' },
    want: ['@timestamp wrong_type'],
  },
  {
    name: 'a time that is none',
    document: { '@timestamp': '2026-99-02T08:30:00.123456789Z' },
    want: ['@timestamp wrong_type'],
  },
  { name: 'an address', document: { source: { ip: '::1' } }, want: [] },
  {
    name: 'an address that is none',
    document: { source: { ip: '1.2.3.999' } },
    want: ['source.ip wrong_type'],
  },
  {
    name: 'a kind ECS lacks',
    document: { event: { kind: 'notice' } },
    want: ['event.kind value_not_allowed'],
  },
  {
    name: 'a category ECS lacks',
    document: { event: { category: ['file', 'persistence'] } },
    want: ['event.category value_not_allowed'],
  },
  { name: 'no document', document: null, want: [' wrong_type'] },
  { name: 'a list', document: [], want: [' wrong_type'] },
  {
    name: 'an own __proto__',
    document: JSON.parse('{"__proto__":{"pid":1}}'),
    want: ['__proto__ unknown_field'],
  },
]
for (const { name, document, want } of cases) {
  test(`event: the problems of ${name} are ${JSON.stringify(want)}`, () => {
    deepEqual(
      problemsOf(document).map(({ field, reason }) => `${field} ${reason}`),
      want,
    )
  })
}

test('event: stops at the number of problems asked for', () => {
  const document = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`x${index}`, 1]))
  equal(problemsOf(document).length, 20)
  equal(problemsOf(document, 3).length, 3)
})

test('event: reads own properties only', () => {
  equal(fieldValue({ process: { pid: 7 } }, fieldPath('process.pid')), 7)
  equal(fieldValue({ process: { pid: 7 } }, fieldPath('process.pid.x')), undefined)
  equal(fieldValue({}, fieldPath('constructor.name')), undefined)
  equal(fieldValue({}, fieldPath('__proto__')), undefined)
  equal(fieldValue(undefined, fieldPath('a')), undefined)
})
