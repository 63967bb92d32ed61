import { deepEqual, equal, match } from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type Ended, objects, pomona, temporaryFolder, written } from '../pomona.ts'

const RULES = join(import.meta.dirname, '../../../../content/rules')

const SEQUENCE = `
title: Fork then exec
id: 11111111-2222-4333-8444-000000000007
level: high
logsource: {product: macos}
language: eql
query: |
  sequence by process.entity_id with maxspan=10s
    [process where event.action == "fork"]
    [process where event.action == "exec"]
`

const told = (second: number, action: string): object => ({
  '@timestamp': `2026-11-22T09:00:${String(second).padStart(2, '0')}.000000000Z`,
  event: { id: `stream-${second}`, action, category: ['process'] },
  host: { id: 'mac-1' },
  process: { entity_id: 'p1' },
})

/** Explains a rule file on lines, each a value. */
async function explained(
  context: TestContext,
  { rule, lines, args = [] }: { rule: string; lines: readonly unknown[]; args?: string[] },
): Promise<Ended> {
  const folder = temporaryFolder(context)
  const file = written(folder, { name: 'rule.yml', content: rule })
  const content = lines.map((line) => JSON.stringify(line)).join('\n')
  const events = written(folder, { name: 'events.jsonl', content })
  return await pomona(['rules', 'explain', file, '--events', events, ...args])
}

test('rules explain: the nearest event of a shipped rule, by its folder and by its id', async () => {
  const slug = 'curl-from-raw-public-address'
  const events = join(RULES, slug, 'no-match.jsonl')
  const byFolder = await pomona(['rules', 'explain', slug, '--events', events])
  equal(byFolder.code, 0, byFolder.stderr)
  match(byFolder.stdout, /did not fire on \d+ events/)
  match(byFolder.stdout, /line 1 missed by 1 of \d+ predicates/)
  match(byFolder.stdout, /must not be: re .*the event has "curl/)
  const [json] = objects(await pomona(['rules', 'explain', slug, '--events', events, '--json']))
  const explanation = json?.['explanation'] as { rule_id: string } // The command's own output.
  const byId = await pomona(['rules', 'explain', explanation.rule_id, '--events', events])
  equal(byId.stdout, byFolder.stdout)
})

test('rules explain: a sequence says by how much it came too late', async (context) => {
  const lines = [told(1, 'fork'), told(15, 'exec')]
  const ended = await explained(context, { rule: SEQUENCE, lines })
  equal(ended.code, 0, ended.stderr)
  match(ended.stdout, /Fork then exec \(sequence\) did not fire on 2 events/)
  match(ended.stdout, /1 of 2 steps \(line 1, line 2\)/)
  match(ended.stdout, /step 2 came 4 s after the span of 10 s had ended \(line 2\)/)
})

test('rules explain: every list of events is a stream of its own', async (context) => {
  const lines = [
    [told(1, 'fork'), told(2, 'exec')],
    [told(1, 'fork'), told(20, 'exec')],
  ]
  const ended = await explained(context, { rule: SEQUENCE, lines, args: ['--json'] })
  const fired = objects(ended).map(({ line, explanation }) => {
    const { fired: count } = explanation as { fired: number } // The command's own output.
    return [line, count]
  })
  equal(JSON.stringify(fired), '[[1,1],[2,0]]')
  const text = await explained(context, { rule: SEQUENCE, lines })
  match(text.stdout, /fired once on 2 events[\s\S]*did not fire on 2 events[\s\S]*line 2 event 2/)
})

test('rules explain: lines that are no events are named, and the others looked at', async (context) => {
  const ended = await explained(context, { rule: SEQUENCE, lines: [7, told(1, 'fork')] })
  equal(ended.code, 0)
  match(ended.stderr, /events\.jsonl:1: not an event nor a list of events: 7/)
  match(ended.stdout, /on 1 events/)
})

test('rules explain: text of events cannot steer the terminal', async (context) => {
  const rule = `
title: Name
id: 11111111-2222-4333-8444-000000000008
level: low
logsource: {product: macos, category: process_creation}
detection: {s: {process.name: x}, condition: s}
`
  const event = { event: { action: 'exec' }, process: { name: '\u001b[2Jy\u202e' } }
  const ended = await explained(context, { rule, lines: [event] })
  const unsafe = ['\u001b', '\u202e'].filter((mark) => ended.stdout.includes(mark))
  deepEqual(unsafe, [])
  match(ended.stdout, /the event has "\\u001b\[2Jy\\u202e"/)
})

test('rules explain: a rule that is not there, and one that is broken', async (context) => {
  const folder = temporaryFolder(context)
  const events = written(folder, { name: 'events.jsonl', content: '{}' })
  const unknown = await pomona([
    ...['rules', 'explain', 'curl-from-raw-public-adress', '--events', events],
  ])
  equal(unknown.code, 2)
  match(unknown.stderr, /Did you mean "curl-from-raw-public-address"\?/)
  const broken = written(folder, { name: 'rule.yml', content: 'title: x\n' })
  const ended = await pomona(['rules', 'explain', broken, '--events', events])
  equal(ended.code, 1)
  match(ended.stderr, /rule\.yml:1: .*\n[\s\S]*No rule of .* can be loaded/)
})
