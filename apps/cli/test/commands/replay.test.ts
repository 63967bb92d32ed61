import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type Ended, objects, pomona, temporaryFolder, written } from '../pomona.ts'

const SAMPLES = join(import.meta.dirname, '../../../../../shared/data/sensors/eslogger')
const ATTACK = 'applescript-infostealer'

const recorded = mkdtempSync(join(tmpdir(), 'pomona-replay-'))
const path = join(recorded, 'mac.jsonl')
let plain: Ended
before(async () => {
  equal((await pomona(['sim', '--scenario', ATTACK, '--out', path])).code, 0)
  plain = await pomona(['replay', path, '--host', 'mac-7', '--json'])
})
after(() => rmSync(recorded, { recursive: true, force: true }))

function alertsOf(ended: Ended) {
  return objects(ended).filter(({ kind }) => kind === 'alert')
}

test('replay: alerts in the stable form, then incidents, then the summary', () => {
  equal(plain.code, 0)
  const lines = objects(plain)
  const alerts = alertsOf(plain)
  const incidents = lines.slice(alerts.length, -1)
  ok(alerts.length > 0)
  for (const alert of alerts) {
    equal(alert['kind'], 'alert')
    equal(alert['host'], 'mac-7')
    for (const key of ['rule_id', 'rule_name', 'severity', 'time'])
      equal(typeof alert[key], 'string')
    for (const key of ['techniques', 'processes', 'events']) ok(Array.isArray(alert[key]), key)
    equal(typeof alert['incident_id'], 'string')
  }
  for (const incident of incidents) {
    equal(incident['kind'], 'incident')
    for (const key of ['id', 'name', 'severity', 'host']) equal(typeof incident[key], 'string')
    const members = alerts.filter(({ incident_id: id }) => id === incident['id'])
    deepEqual(
      incident['alerts'],
      members.map(({ id }) => id),
    )
  }
  deepEqual(
    incidents.map(({ severity }) => severity),
    ['critical'],
  )
  const summary = lines.at(-1)
  equal(summary?.['kind'], 'summary')
  equal(summary?.['alerts'], alerts.length)
  equal(summary?.['incidents'], incidents.length)
  equal(summary?.['received'], summary?.['events'])
})

test('replay: the same recording gives the same alerts, whatever its place and compression', async (context) => {
  const folder = temporaryFolder(context)
  const bytes = readFileSync(path)
  const told = (ended: Ended) => objects(ended).slice(0, -1)
  for (const [suffix, content] of [
    ['gz', gzipSync(bytes)],
    ['zst', zstdCompressSync(bytes)],
  ] as const) {
    const packed = written(folder, { name: `mac.${suffix}`, content })
    const ended = await pomona(['replay', packed, '--host', 'mac-7', '--json'])
    deepEqual(told(ended), told(plain), suffix)
  }
})

test('replay: unreadable lines are counted, shown and do no harm', async (context) => {
  const folder = temporaryFolder(context)
  const clean = alertsOf(plain)
  const content = `not json\n{"a":1}\n${readFileSync(path, 'utf8')}{"event":{"exe`
  const ended = await pomona([
    'replay',
    written(folder, { name: 'damaged.jsonl', content }),
    '--json',
  ])
  equal(ended.code, 0)
  const summary = objects(ended).at(-1)
  deepEqual(summary?.['discarded'], { syntax: 1, not_event: 1, partial: 1 })
  equal(summary?.['alerts'], clean.length)
  match(ended.stderr, /damaged\.jsonl:1: syntax: not json/)
})

test('replay: text of a Mac cannot steer the terminal', async (context) => {
  const content = 'not json \u001b[2J\u202e\n'
  const path = written(temporaryFolder(context), { name: 'x.jsonl', content })
  const ended = await pomona(['replay', path])
  ok(!ended.stderr.includes('\u001b') && !ended.stderr.includes('\u202e'))
  match(ended.stderr, /\\u001b\[2J\\u202e/)
})

test('replay: a file that is no recording is a failure, and the others still count', async (context) => {
  const folder = temporaryFolder(context)
  const wrong = written(folder, { name: 'notes.txt', content: 'hello\nworld\n' })
  const missing = join(folder, 'missing.jsonl')
  const ended = await pomona(['replay', wrong, missing, path, '--json'])
  equal(ended.code, 1)
  const summary = objects(ended).at(-1)
  const failures = summary?.['failures']
  ok(Array.isArray(failures))
  equal(failures.length, 2)
  ok(Number(summary?.['alerts']) > 0)
})

test('replay: a recording that was cut off in compression gives what came before', async (context) => {
  const folder = temporaryFolder(context)
  const packed = gzipSync(readFileSync(path))
  const content = packed.subarray(0, packed.length - 100)
  const ended = await pomona(['replay', written(folder, { name: 'cut.gz', content }), '--json'])
  equal(ended.code, 1)
  const summary = objects(ended).at(-1)
  ok(Number(summary?.['events']) > 0)
  match(String(summary?.['failures']), /damaged or cut off/)
})

test('replay: rules of one’s own replace the shipped ones', async (context) => {
  const folder = temporaryFolder(context)
  const content = `
title: Any bash
id: 11111111-2222-4333-8444-555555555555
level: low
logsource: {product: macos, category: process_creation}
detection:
  shell: {process.name: bash}
  condition: shell
`
  written(folder, { name: 'rule.yml', content })
  const ended = await pomona(['replay', path, '--content', folder, '--json'])
  const lines = objects(ended)
  ok(lines.length > 1)
  ok(alertsOf(ended).every((alert) => alert['rule_name'] === 'Any bash'))
})

test('replay: several folders of rules may follow --content', async (context) => {
  const [first, second] = [temporaryFolder(context), temporaryFolder(context)]
  written(first, { name: 'a.yml', content: anyOf('bash', '11111111-2222-4333-8444-00000000000a') })
  written(second, { name: 'b.yml', content: anyOf('sh', '11111111-2222-4333-8444-00000000000b') })
  const ended = await pomona(['replay', path, '--content', first, second, '--json'])
  equal(ended.code, 0, ended.stdout)
  const summary = objects(ended).at(-1)
  deepEqual([summary?.['files'], summary?.['failures']], [1, []])
  deepEqual(summary?.['rules'], { loaded: 2, dead: 0, unsupported: 0, failed: 0, applied: 0 })
})

function anyOf(name: string, id: string): string {
  return `
title: Any ${name}
id: ${id}
level: low
logsource: {product: macos, category: process_creation}
detection:
  image: {Image|endswith: /${name}}
  condition: image
`
}

test('replay: repeats of a finding are counted, not told', () => {
  const summary = objects(plain).at(-1)
  const discarded = summary?.['alerts_discarded']
  deepEqual(Object.keys(discarded ?? {}), ['repeated', 'excepted', 'flooded', 'silent'])
})

test('replay: what exceptions of the content directory hide is counted and told', async (context) => {
  const folder = temporaryFolder(context)
  for (const name of ['rules', 'exceptions']) mkdirSync(join(folder, name))
  const rules = {
    osascript: '11111111-2222-4333-8444-00000000000a',
    curl: '11111111-2222-4333-8444-00000000000b',
  }
  for (const [name, id] of Object.entries(rules)) {
    written(join(folder, 'rules'), { name: `${name}.yml`, content: anyOf(name, id) })
  }
  const before = objects(await pomona(['replay', path, '--content', folder, '--json']))
  const known = { id: '11111111-2222-4333-8444-0000000000e1', name: 'Known scripts', owner: 'ana' }
  written(join(folder, 'exceptions'), {
    name: 'known.yml',
    content: `
title: ${known.name}
id: ${known.id}
owner: ${known.owner}
reason: Hers.
rules: [${rules.osascript}]
detection: {known: {process.name|exists: true}, condition: known}
`,
  })
  const ofRule = (lines: typeof before, id: string): number =>
    lines.filter(({ kind, rule_id: rule }) => kind === 'alert' && rule === id).length
  const hidden = ofRule(before, rules.osascript)
  ok(hidden > 0 && ofRule(before, rules.curl) > 0)
  const after = objects(await pomona(['replay', path, '--content', folder, '--json']))
  equal(ofRule(after, rules.osascript), 0)
  equal(ofRule(after, rules.curl), ofRule(before, rules.curl))
  // The summary's own list.
  const [excepted, ...others] = (after.at(-1)?.['excepted'] ?? []) as Record<string, unknown>[]
  deepEqual(others, [])
  const count = Number(excepted?.['alerts'])
  ok(count >= hidden, 'repeats of an excepted finding are excepted, too')
  deepEqual(excepted, { ...known, reason: 'Hers.', alerts: count })
  const text = await pomona(['replay', path, '--content', folder])
  match(text.stdout, /^\d+ not told by the exception Known scripts \(ana\): Hers\.$/m)
})

test('replay: what must not come has not, when the recording is over', async (context) => {
  const folder = temporaryFolder(context)
  const content = `
title: Nothing follows
id: 11111111-2222-4333-8444-00000000000c
level: low
logsource: {product: macos}
language: eql
query: |
  sequence by host.id with maxspan=1d
    [process where event.action == "exec" and process.name == "osascript"]
    ![process where event.action == "exec" and process.name == "no-such-program"]
`
  written(folder, { name: 'rule.yml', content })
  const ended = await pomona(['replay', path, '--content', folder, '--json'])
  equal(ended.code, 0, ended.stderr)
  ok(alertsOf(ended).length > 0)
})

test('replay: without --json it is text for people', async () => {
  const ended = await pomona(['replay', path])
  equal(ended.code, 0)
  match(ended.stdout, /^(HIGH|MEDIUM|LOW|CRITICAL)/m)
  match(ended.stdout, /\d+ alerts: /)
  match(ended.stdout, /^Incidents\nCRITICAL +Infostealer activity from .+ on recorded-mac: /m)
})

const skip = existsSync(SAMPLES) ? false : 'the working samples are not beside the checkout'
test(
  'replay: real eslogger records of three message versions are read whole',
  { skip },
  async () => {
    const ended = await pomona(['replay', join(SAMPLES, 'mullvad_real_v9_v10_v11.jsonl'), '--json'])
    equal(ended.code, 0)
    const summary = objects(ended).at(-1)
    equal(summary?.['received'], 4)
    equal(summary?.['events'], 4)
    deepEqual(summary?.['discarded'], {})
  },
)
