import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { EventFacts, factOf } from '../src/event-facts.ts'

const cases = [
  { name: 'an exec says nothing', event: { event: { action: 'exec' }, file: { path: '/x' } } },
  {
    name: 'a login says where from',
    event: { source: { ip: '203.0.113.4' } },
    want: { source: '203.0.113.4' },
  },
  { name: 'the machine itself is nowhere', event: { source: { ip: '127.0.0.1' } } },
  {
    name: 'XProtect names a program',
    event: { event: { action: 'xp_malware_detected' }, file: { path: '/A.app/Contents/MacOS/A' } },
    want: { program: '/A.app' },
  },
]
for (const { name, event, want } of cases) {
  test(`facts: ${name}`, () => deepEqual(factOf(event), want))
}

test('facts: those of an alert’s events are found, the oldest give way', () => {
  const facts = new EventFacts(2)
  for (const id of ['a', 'b', 'c']) facts.add(id, { source: id })
  deepEqual(facts.of(['a', 'c', 'none']), [{ source: 'c' }])
  equal(facts.counts.evicted, 1)
})
