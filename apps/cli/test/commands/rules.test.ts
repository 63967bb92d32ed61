import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { objects, pomona, temporaryFolder, written } from '../pomona.ts'

const RULES = join(import.meta.dirname, '../../../../content/rules')

const GOOD = `
title: Admin tool
id: 11111111-2222-4333-8444-000000000001
level: high
logsource: {product: macos, category: process_creation}
detection:
  tool:
    Image|endswith: /dscl
  condition: tool
`
const OTHER_PLATFORM = GOOD.replace('product: macos', 'product: windows').replace('0001', '0002')
const BROKEN = GOOD.replace('condition: tool', 'condition: tol').replace('0001', '0003')

test('rules check: every shipped rule is loaded', async () => {
  const ended = await pomona(['rules', 'check', RULES, '--json'])
  equal(ended.code, 0)
  const lines = objects(ended)
  const notLoaded = lines.slice(0, -1).filter(({ state }) => state !== 'loaded')
  deepEqual(notLoaded, [])
})

test('rules check: says what is not loaded, where and why', async (context) => {
  const folder = temporaryFolder(context)
  written(folder, { name: 'good.yml', content: GOOD })
  written(folder, { name: 'other.yml', content: OTHER_PLATFORM })
  const broken = written(folder, { name: 'broken.yml', content: BROKEN })
  const ended = await pomona(['rules', 'check', folder])
  equal(ended.code, 1)
  match(ended.stderr, /3 rules in 3 files: 1 loaded, 0 dead, 1 unsupported, 1 failed/)
  match(ended.stdout, /other\.yml:\d+: unsupported: Admin tool: .*windows/)
  ok(ended.stdout.includes(`${broken}:9:14: ERR_RULE_UNKNOWN_SELECTION`), ended.stdout)
  match(ended.stdout, /Did you mean "tool"\?/)
})

test('rules check: the same as JSON', async (context) => {
  const folder = temporaryFolder(context)
  written(folder, { name: 'broken.yml', content: BROKEN })
  const [rule, summary] = objects(await pomona(['rules', 'check', folder, '--json']))
  equal(rule?.['state'], 'failed')
  equal(summary?.['failed'], 1)
  equal(summary?.['loaded'], 0)
})

test('rules check: dead rules are counted by what is missing', async (context) => {
  const folder = temporaryFolder(context)
  for (const [name, field] of [
    ['one.yml', 'md5'],
    ['two.yml', 'md5'],
    ['three.yml', 'OriginalFileName'],
  ] as const) {
    const rule = GOOD.replace('Image', field)
    written(folder, { name, content: rule.replace(/^id: .*$/m, `id: ${name}`) })
  }
  const json = objects(await pomona(['rules', 'check', folder, '--json']))
  deepEqual(json.at(-1)?.['dead_by_missing'], { 'process.hash.md5': 2, OriginalFileName: 1 })
  deepEqual(
    json.slice(0, -1).map((rule) => rule['missing_fields']),
    [['process.hash.md5'], ['OriginalFileName'], ['process.hash.md5']],
  )
  const text = await pomona(['rules', 'check', folder])
  match(text.stdout, /Dead by what is missing:\n {5}2 {2}process\.hash\.md5\n {5}1 {2}Orig/)
  equal(text.code, 0)
})

const FILTERED = `${GOOD}---
title: Known administrators
logsource: { product: macos }
filter:
  rules: any
  known: { User|startswith: adm_ }
  condition: not known
`

test('rules check: filters are rules’ parts, not rules', async (context) => {
  const folder = temporaryFolder(context)
  written(folder, { name: 'all.yml', content: FILTERED })
  const [, filter, summary] = objects(await pomona(['rules', 'check', folder, '--json']))
  equal(filter?.['state'], 'applied')
  deepEqual(filter?.['filtered_rules'], ['11111111-2222-4333-8444-000000000001'])
  deepEqual([summary?.['loaded'], summary?.['applied']], [1, 1])
})

function exception(facts: Readonly<Record<string, string>>): string {
  const said = { title: 'Known', owner: 'ana', reason: 'Hers.', ...facts }
  const head = Object.entries(said).map(([key, value]) => `${key}: ${value}`)
  return `${head.join('\n')}\ndetection: {known: {process.name: dscl}, condition: known}\n`
}

test('rules check: exceptions that hide nothing are listed, and why', async (context) => {
  const folder = temporaryFolder(context)
  for (const name of ['rules', 'exceptions']) mkdirSync(join(folder, name))
  written(join(folder, 'rules'), { name: 'good.yml', content: GOOD })
  const good = '11111111-2222-4333-8444-000000000001'
  const files = {
    'all.yml': exception({ id: 'e1' }),
    'broken.yml': exception({ id: 'e2', owner: "''" }),
    'expired.yml': exception({ id: 'e3', expires: '2020-01-31', rules: `[${good}]` }),
    'half.yml': exception({ id: 'e4', rules: `[${good}, nobody]` }),
    'idle.yml': exception({ id: 'e5', rules: '[nobody]' }),
    'tag.yml': exception({ id: 'e6', tags: '[attack.t9999]' }),
  }
  for (const [name, content] of Object.entries(files)) {
    written(join(folder, 'exceptions'), { name, content })
  }
  for (const path of [folder, join(folder, 'rules')]) {
    const ended = await pomona(['rules', 'check', path])
    equal(ended.code, 1)
    match(ended.stderr, /1 rules in 1 files: 1 loaded/)
    match(ended.stderr, /6 exceptions: 2 in force, 1 expired, 2 for no rule, 1 failed/)
    match(ended.stdout, /broken\.yml:2: exception failed: .*owner/)
    match(ended.stdout, /expired\.yml:1: exception expired on 2020-01-31: Known \(ana\)/)
    match(ended.stdout, /half\.yml:1: exception: Known \(ana\): no rule has the id nobody/)
    match(ended.stdout, /idle\.yml:1: exception is for no rule: .*no rule has the id nobody/)
    match(ended.stdout, /tag\.yml:1: exception is for no rule/)
    ok(!ended.stdout.includes('all.yml'))
  }
  const lines = objects(await pomona(['rules', 'check', '--content', folder, '--json']))
  deepEqual(
    lines.flatMap(({ kind, id, state }) => (kind === 'exception' ? [[id, state]] : [])),
    [
      ['e1', 'in_force'],
      [undefined, 'failed'],
      ['e3', 'expired'],
      ['e4', 'in_force'],
      ['e5', 'for_no_rule'],
      ['e6', 'for_no_rule'],
    ],
  )
  const counts = { in_force: 2, expired: 1, for_no_rule: 2, failed: 1 }
  deepEqual(lines.at(-1)?.['exceptions'], counts)
  // Of one rule alone, exceptions for others are nobody's business.
  const one = await pomona(['rules', 'check', join(folder, 'rules', 'good.yml'), '--json'])
  deepEqual(
    objects(one).flatMap(({ kind, id, state }) =>
      kind === 'exception' && state !== 'failed' ? [id] : [],
    ),
    ['e1', 'e3', 'e4'],
  )
})

const EVENTS = [
  '{"Image":"/usr/bin/dscl"}',
  '',
  '{"Image":"/bin/ls"}',
  'not json',
  '{"Image":"/USR/BIN/DSCL","product":"windows"}',
].join('\n')

test('rules eval: matches by line number, then the counts', async (context) => {
  const folder = temporaryFolder(context)
  const rules = written(folder, { name: 'good.yml', content: GOOD })
  const events = written(folder, { name: 'events.jsonl', content: EVENTS })
  const args = ['rules', 'eval', '--rules', rules, '--events', events, '--fields', 'raw', '--json']
  const ended = await pomona(args)
  equal(ended.code, 0)
  const lines = objects(ended)
  const id = '11111111-2222-4333-8444-000000000001'
  deepEqual(lines.slice(0, -1), [
    { rule_id: id, event: 1 },
    { rule_id: id, event: 5 },
  ])
  const summary = lines.at(-1)
  equal(summary?.['events'], 3)
  equal(summary?.['unreadable'], 1)
  equal(summary?.['matches'], 2)
  equal(typeof summary?.['events_per_second'], 'number')
  match(ended.stderr, /events\.jsonl:4: not a JSON object/)
  const routed = objects(await pomona([...args, '--route']))
  equal(routed.at(-1)?.['matches'], 1)
})

test('rules eval: ECS names, nested or dotted, and compressed events', async (context) => {
  const folder = temporaryFolder(context)
  const rules = written(folder, { name: 'good.yml', content: GOOD })
  const content = gzipSync(
    '{"process":{"executable":"/usr/bin/dscl"}}\n{"process.executable":"/usr/bin/dscl"}\n',
  )
  const events = written(folder, { name: 'events.jsonl.gz', content })
  const ended = await pomona(['rules', 'eval', '--rules', rules, '--events', events, '--json'])
  equal(objects(ended).at(-1)?.['matches'], 2)
})

test('rules eval: a rule that cannot be loaded is named, and the others are tried', async (context) => {
  const folder = temporaryFolder(context)
  written(folder, { name: 'good.yml', content: GOOD })
  written(folder, { name: 'broken.yml', content: BROKEN })
  const events = written(folder, { name: 'events.jsonl', content: EVENTS })
  const ended = await pomona([
    'rules',
    'eval',
    '--rules',
    folder,
    '--events',
    events,
    '--fields',
    'raw',
    '--json',
  ])
  equal(ended.code, 1)
  match(ended.stderr, /broken\.yml:9/)
  equal(objects(ended).at(-1)?.['matches'], 2)
})

test('rules eval: only a line feed ends a line, and a byte order mark is no part of it', async (context) => {
  const folder = temporaryFolder(context)
  const rules = written(folder, { name: 'good.yml', content: GOOD })
  const content = [
    '\ufeff{"Image":"/usr/bin/dscl"}\r',
    '{"Image":"/tmp/a\u2028b\u2029/dscl"}',
    '{"Image":"/usr/bin/dscl"}',
  ].join('\n')
  const events = written(folder, { name: 'events.jsonl', content })
  const args = ['rules', 'eval', '--rules', rules, '--events', events, '--fields', 'raw', '--json']
  const lines = objects(await pomona(args))
  deepEqual(
    lines.slice(0, -1).map(({ event }) => event),
    [1, 2, 3],
  )
  equal(lines.at(-1)?.['unreadable'], 0)
})

const unreadable: readonly (readonly [name: string, file: string, content: string | undefined])[] =
  [
    ['are missing', 'missing.jsonl', undefined],
    ['are missing and compressed', 'missing.jsonl.gz', undefined],
    ['are no gzip', 'events.jsonl.gz', 'hello'],
    ['have a line without end', 'long.jsonl', 'x'.repeat(16 * 1_048_576 + 1)],
  ]

for (const [name, file, content] of unreadable) {
  test(`rules eval: events that ${name} are a failure, not a bug`, async (context) => {
    const folder = temporaryFolder(context)
    const rules = written(folder, { name: 'good.yml', content: GOOD })
    const events = join(folder, file)
    if (content !== undefined) written(folder, { name: file, content })
    const ended = await pomona(['rules', 'eval', '--rules', rules, '--events', events])
    equal(ended.code, 1)
    ok(ended.stderr.includes(events) && ended.stderr.includes('ERR_CLI_FILE'), ended.stderr)
    ok(!ended.stderr.includes('bug'), ended.stderr)
  })
}

test('rules test: a rule whose near miss fires is a failure', async (context) => {
  const folder = join(temporaryFolder(context), 'rule')
  cpSync(join(RULES, 'curl-from-raw-public-address'), folder, { recursive: true })
  equal((await pomona(['rules', 'test', folder])).code, 0)
  cpSync(join(folder, 'match.jsonl'), join(folder, 'no-match.jsonl'))
  const ended = await pomona(['rules', 'test', folder])
  equal(ended.code, 1)
  match(ended.stdout, /no-match\.jsonl:1: The rule fired/)
})
