import { deepEqual, equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadScenarios, type RawRecord, readLine, redactRecord, simulate } from '@pomona/sensor'
import { plantedSecrets } from './secrets.ts'

const CONTENT = join(import.meta.dirname, '../../../../content/scenarios')
const SEED = 20_260_302

function recordOf(line: string): RawRecord {
  const read = readLine(line, 4)
  ok(read.ok, line)
  return read.record
}

function exec(fields: { readonly args: readonly string[]; readonly env: readonly string[] }) {
  const { args, env } = fields
  const line = JSON.stringify({
    version: 10,
    process: { executable: { path: '/bin/zsh' } },
    // As eslogger writes it, slashes may be escaped.
    event: { exec: { args, env, cwd: { path: '/' } } },
  })
  return recordOf(line.replaceAll('/', String.raw`\/`))
}

const planted = plantedSecrets(SEED, 4)

test(`redact: none of ${planted.length} secrets is left, seed ${SEED}`, () => {
  const kinds = new Set(planted.map(({ kind }) => kind))
  ok(planted.length >= 200 && kinds.size >= 20, `${planted.length} of ${kinds.size} kinds`)
  const left = planted.filter(({ secret, args, env }) => {
    const { record } = redactRecord(exec({ args, env }))
    return `${record.text}${JSON.stringify(record.value)}`.includes(secret)
  })
  deepEqual(
    left.map(({ kind, args, env }) => `${kind}: ${[...args, ...env].join(' ')}`),
    [],
  )
})

test('redact: the text stays the text of the value, key order and all', () => {
  for (const { args, env } of planted) {
    const before = exec({ args, env })
    const { record, redactions } = redactRecord(before)
    ok(redactions > 0)
    equal(record.sequence, before.sequence)
    deepEqual(recordOf(record.text).value, record.value)
    equal(record.text.indexOf('"event"'), before.text.indexOf('"event"'))
  }
})

test('redact: a record without secrets is the same record', () => {
  const record = exec({ args: ['/bin/ls', '-la', '/Users/maya'], env: ['PATH=/bin'] })
  const done = redactRecord(record)
  equal(done.record, record)
  equal(done.redactions, 0)
})

test('redact: a list that stands twice leaves nothing behind', () => {
  const secret = 'hunter2222'
  const list = `["mysql","-p${secret}"]`
  const line = `{"event":{"exec":{"args":${list},"entitlements":{"args":${list}},"env":[]}}}`
  const { record } = redactRecord(recordOf(line))
  const { exec: body } = Object(record.value['event'])
  deepEqual(body.args, ['mysql', '-p[redacted:password]'])
  equal(record.text, JSON.stringify(record.value))
})

test('redact: arguments of su are looked at too', () => {
  const line = '{"event":{"su":{"argv":["sh","-c","x --password hunter2"],"env":["A_TOKEN=abc"]}}}'
  const { record, redactions } = redactRecord(recordOf(line))
  equal(redactions, 2)
  ok(!/hunter2|abc/.test(record.text))
})

for (const body of [
  '{"args":"x"}',
  '{"args":[1,"--password","x"]}',
  '{"args":[]}',
  '{}',
  '[]',
  '1',
]) {
  test(`redact: takes a body of another shape as it is: ${body}`, () => {
    const record = recordOf(`{"event":{"exec":${body}}}`)
    equal(redactRecord(record).record, record)
  })
}

test('redact: of what Macs do in peace, less than one record in a hundred is touched', async () => {
  const { scenarios } = await loadScenarios(CONTENT)
  const background = scenarios.filter(({ kind }) => kind === 'benign')
  const events = new Set(['exec'])
  let all = 0
  let touched = 0
  const falsely = new Set<string>()
  for (const line of simulate({ background, eventsMax: 10_000, listening: { events } })) {
    const record = recordOf(line)
    all += 1
    if (redactRecord(record).redactions === 0) continue
    const args = String(Object(record.value['event']).exec.args)
    // Two of the profiles do hand over a password in the open.
    if (/^(openssl,enc|security,unlock-keychain)/.test(args)) continue
    touched += 1
    falsely.add(args)
  }
  ok(touched / all < 0.01, `${touched} of ${all}: ${[...falsely].join('; ')}`)
})
