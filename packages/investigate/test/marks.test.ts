import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '@pomona/schema'
import { factOf } from '../src/event-facts.ts'
import { Marks, marksOf } from '../src/marks.ts'
import { openIncident } from '../src/open-incident.ts'
import { alertOf } from './mac.ts'

const EVENT = { '@timestamp': '2026-03-02T08:30:00.000000000Z', event: { id: 'e' } }

function typed(commandLine: string): Alert {
  const processes = [{ pid: 1, pidversion: 1, entity_id: 'p', command_line: commandLine }]
  return alertOf(EVENT, 'a', { processes })
}

const cases = [
  { name: 'a public address', line: 'curl http://198.51.100.7/x', want: ['address 198.51.100.7'] },
  { name: 'no private address', line: 'curl http://10.0.0.7/x', want: [] },
  { name: 'not the machine itself', line: 'curl http://localhost:9/ http://127.0.0.1/', want: [] },
  {
    name: 'an address of IPv6',
    line: 'curl http://[2001:db8::1]:80/',
    want: ['address 2001:db8::1'],
  },
  { name: 'no link-local one', line: 'curl http://[fe80::1]/', want: [] },
  {
    name: 'a domain behind a name and a password, folded',
    line: 'git clone https://me:secret@Git.Example/x',
    want: ['domain_and_session git.example'],
  },
  { name: 'no host where there is no address', line: 'curl -h', want: [] },
]
for (const { name, line, want } of cases) {
  test(`marks: ${name}`, () => {
    deepEqual(
      marksOf(typed(line), []).map(({ kind, value }) => `${kind} ${value}`),
      want,
    )
  })
}

test('marks: an address the event says, and the program it names', () => {
  const event = {
    ...EVENT,
    event: { id: 'e', action: 'gatekeeper_user_override' },
    source: { ip: '192.168.1.4' },
    file: { path: '/Applications/A.app/Contents/MacOS/A' },
  }
  deepEqual(
    marksOf(typed(''), [factOf(event) ?? {}]).map(({ kind, value }) => `${kind} ${value}`),
    ['address 192.168.1.4', 'file_named /Applications/A.app'],
  )
})

test('marks: a long command line is not read to its end', () => {
  equal(marksOf(typed(`${' '.repeat(5_000)}http://198.51.100.7`), []).length, 0)
})

test('marks: the oldest gives way and is counted', () => {
  const marks = new Marks(2)
  const incident = openIncident(typed(''), 0)
  for (const value of ['a', 'b', 'a', 'c']) {
    marks.set({ kind: 'address', value }, { incident, atMs: 0, session: undefined })
  }
  equal(marks.find({ kind: 'address', value: 'b' }), undefined)
  deepEqual(marks.counts, { held: 2, evicted: 1 })
})
