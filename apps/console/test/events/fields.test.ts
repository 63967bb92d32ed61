import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { eventFields, eventSummary, fieldText, keyFields } from '../../src/events/fields.ts'

const event = {
  '@timestamp': '2026-11-22T16:00:00.000000000Z',
  event: { action: 'exec', category: ['process'], original: '{}' },
  process: { pid: 7, command_line: 'ls -l', executable: '/bin/ls', args: ['ls', '-l'] },
}

test('fields: are listed by dotted name, the raw record left out', () =>
  deepEqual(
    eventFields(event).map(({ name }) => name),
    [
      '@timestamp',
      'event.action',
      'event.category',
      'process.args',
      'process.command_line',
      'process.executable',
      'process.pid',
    ],
  ))

test('fields: lists keep their values apart', () =>
  deepEqual(eventFields({ a: ['x', 1, null] }), [{ name: 'a', values: ['x', '1', 'null'] }]))

test('fields: inherited names are no fields', () => {
  equal(fieldText({}, 'constructor'), undefined)
  equal(fieldText({ a: {} }, 'a.__proto__.x'), undefined)
})

test('fields: a document that nests without end is cut, not followed', () => {
  const deep: Record<string, unknown> = {}
  let at = deep
  for (let level = 0; level < 100; level += 1) {
    const next: Record<string, unknown> = {}
    at['x'] = next
    at = next
  }
  equal(eventFields(deep).length, 1)
})

test('fields: their number is limited', () => {
  const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, index]))
  equal(eventFields(wide).length, 1000)
})

test('fields: key fields come in reading order', () =>
  deepEqual(
    keyFields(event).map(({ name }) => name),
    ['@timestamp', 'event.action', 'process.executable', 'process.command_line', 'process.pid'],
  ))

const summaries = [
  { name: 'a process by its command line', event, want: ['ls -l'] },
  {
    name: 'a process without arguments by its path',
    event: { event: { category: ['process'] }, process: { executable: '/bin/ls' } },
    want: ['/bin/ls'],
  },
  {
    name: 'a rename by both names',
    event: {
      event: { category: ['file'] },
      macos: { file: { original_path: '/a' } },
      file: { path: '/b' },
      process: { command_line: 'mv /a /b' },
    },
    want: ['/a', '/b'],
  },
  {
    name: 'a launch item by what will run',
    event: { macos: { persistence: { path: '/L/x.plist', executable: '/tmp/x' } } },
    want: ['/L/x.plist', '/tmp/x'],
  },
  {
    name: 'a privacy decision by service, client and right',
    event: { macos: { tcc: { service: 'Camera', identity: 'com.x', right: 'allowed' } } },
    want: ['Camera', 'com.x', 'allowed'],
  },
  {
    name: 'access to another process by that process',
    event: {
      event: { category: ['process'] },
      process: { command_line: 'lldb' },
      macos: { target: { process: { executable: '/bin/victim', pid: 9 } } },
    },
    want: ['/bin/victim', '9'],
  },
  { name: 'nothing', event: {}, want: [] },
]
for (const { name, event: document, want } of summaries) {
  test(`summary: tells of ${name}`, () => deepEqual(eventSummary(document), want))
}
