import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadExceptions, parseFieldMapping } from '../src/index.ts'

const mapping = parseFieldMapping(
  readFileSync(join(import.meta.dirname, '../../../content/mappings/sigma-macos.yml'), 'utf8'),
)

const WHOLE = `title: Backup reads keychains
id: 7c8f2f6e-0000-4000-8000-000000000001
owner: it@example.org
reason: Nightly backup of user folders.
expires: 2026-12-31
rules: [11111111-0000-4000-8000-000000000001]
tags: attack.t1555
hosts: [mac-1, mac-2]
detection:
  backup: { process.executable: /usr/local/bin/backup }
  condition: backup
`

const load = (text: string) => loadExceptions([{ path: 'exceptions/x.yml', text }], { mapping })

test('exceptions: say whom and what they are for, until when, and why', () => {
  const { exceptions, problems } = load(WHOLE)
  deepEqual(problems, [])
  const [exception] = exceptions
  ok(exception !== undefined)
  const { filter, ...rest } = exception
  deepEqual(rest, {
    id: '7c8f2f6e-0000-4000-8000-000000000001',
    name: 'Backup reads keychains',
    owner: 'it@example.org',
    reason: 'Nightly backup of user folders.',
    expiresMs: Date.UTC(2026, 11, 31),
    ruleIds: ['11111111-0000-4000-8000-000000000001'],
    tags: ['attack.t1555'],
    hosts: ['mac-1', 'mac-2'],
    path: 'exceptions/x.yml',
    line: 1,
  })
  equal(filter.expression.kind, 'test')
})

test('exceptions: several in one file, without an end', () => {
  const text = WHOLE.replace(/^expires.*\n/m, '')
  const { exceptions } = load(`${text}---\n${text.replace('0001', '0002')}`)
  deepEqual(
    exceptions.map(({ expiresMs }) => expiresMs),
    [undefined, undefined],
  )
})

const wrong = [
  { name: 'nobody answers for it', text: WHOLE.replace(/^owner.*\n/m, ''), says: '"owner"' },
  { name: 'no reason is given', text: WHOLE.replace(/^reason.*\n/m, ''), says: '"reason"' },
  { name: 'its end is no time', text: WHOLE.replace('2026-12-31', 'soon'), says: 'soon' },
  { name: 'it says nothing of events', text: WHOLE.replace(/^detection[^]*/m, ''), says: '' },
  { name: 'it is no document', text: 'just a text', says: '' },
]
for (const { name, text, says } of wrong) {
  test(`exceptions: one excepts nothing when ${name}`, () => {
    const { exceptions, problems } = load(text)
    deepEqual(exceptions, [])
    ok(problems.some(({ message, path }) => message.includes(says) && path !== ''))
  })
}
