import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { loadSigma, type Rule } from '@pomona/rules'
import { Engine } from '../src/index.ts'
import { engineOf, mapping, ruleText } from './sigma.ts'

function ruleOf(detection: string, logsource: string): Rule {
  const source = { path: 'rule.yml', text: ruleText(detection, logsource) }
  const [outcome] = loadSigma(source, { mapping })
  if (outcome?.state !== 'loaded') throw new Error(JSON.stringify(outcome))
  return outcome.rule
}

const IMAGE = "selection:\n  Image|endswith: '/osascript'\ncondition: selection"
const exec = (executable: string): object => ({
  event: { action: 'exec' },
  process: { executable, command_line: `${executable} -e 1` },
})

test('engine: a category gates by action', () => {
  const engine = new Engine([ruleOf(IMAGE, '{ category: process_creation, product: macos }')])
  const fork = { ...exec('/usr/bin/osascript'), event: { action: 'fork' } }
  deepEqual(
    [exec('/usr/bin/osascript'), fork, exec('/bin/sh'), {}].map(
      (event) => engine.match(event).length,
    ),
    [1, 0, 0, 0],
  )
  deepEqual(engine.counts(), [
    { ruleId: '00000000-0000-4000-8000-000000000001', evaluated: 1, matched: 1, errored: 0 },
  ])
})

test('engine: a gate may ask for a value beside the action', () => {
  const detection = "selection:\n  TargetFilename|contains: 'LaunchAgents'\ncondition: selection"
  const engine = new Engine([ruleOf(detection, '{ category: file_event }')])
  const close = (modified: boolean): object => ({
    event: { action: 'close' },
    file: { path: '/Library/LaunchAgents/x.plist' },
    macos: { file: { modified } },
  })
  equal(engine.match(close(true)).length, 1)
  equal(engine.match(close(false)).length, 0)
})

test('engine: a rule without category sees every event', () => {
  const engine = new Engine([ruleOf(IMAGE, '{ product: macos }')])
  equal(engine.match({ process: { executable: '/usr/bin/osascript' } }).length, 1)
  equal(engine.match(exec('/usr/bin/osascript')).length, 1)
})

test('engine: a field with several names holds when one does, is absent when all are', () => {
  const present = ruleOf('selection:\n  User: root\ncondition: selection', '{ product: macos }')
  const absent = ruleOf('selection:\n  User: null\ncondition: selection', '{ product: macos }')
  const engine = new Engine([present, absent])
  const matched = (event: object): boolean[] =>
    [present, absent].map((rule) => engine.match(event).includes(rule))
  deepEqual(matched({ user: { name: 'root' } }), [true, false])
  deepEqual(matched({ process: { user: { name: 'root' } } }), [true, false])
  deepEqual(matched({ process: { user: { name: 'bob' } } }), [false, false])
  deepEqual(matched({}), [false, true])
})

test('engine: the explanation names what held and its values, none of a negation', () => {
  const detection = [
    'tool:',
    "  Image|endswith: ['/curl', '/osascript']",
    "  CommandLine|contains|all: ['-e', '1']",
    'words:',
    '  - script',
    'absent:',
    "  Image|endswith: '/zsh'",
    'condition: (tool or absent) and words and not absent',
  ].join('\n')
  const engine = new Engine([ruleOf(detection, '{ category: process_creation }')])
  const [match] = engine.evaluate(exec('/usr/bin/osascript'))
  const path = '/usr/bin/osascript'
  const line = '/usr/bin/osascript -e 1'
  const executable = 'process.executable'
  const contains = { selection: 'tool', field: 'process.command_line', operator: 'contains' }
  deepEqual(match?.witnesses, [
    {
      selection: 'tool',
      field: executable,
      operator: 'endswith',
      pattern: '/osascript',
      value: path,
    },
    { ...contains, pattern: '-e', value: line },
    { ...contains, pattern: '1', value: line },
    { selection: 'words', field: '', operator: 'keyword', pattern: 'script', value: path },
  ])
})

test('engine: of an array the element that satisfied is shown', () => {
  const detection = 'selection:\n  process.args|startswith: --pass\ncondition: selection'
  const engine = new Engine([ruleOf(detection, '{ product: macos }')])
  const [match] = engine.evaluate({ process: { args: ['security', '--password=x'] } })
  equal(match?.witnesses[0]?.value, '--password=x')
})

test('engine: keywords never look into the raw record', () => {
  const engine = new Engine([ruleOf('words:\n  - evil\ncondition: words', '{ product: macos }')])
  equal(engine.match({ event: { original: '{"evil":"evil"}' }, process: { name: 'a' } }).length, 0)
  equal(engine.match({ process: { name: 'evil' } }).length, 1)
})

test('engine: routing skips rules the event contradicts, and only those', () => {
  const load = (logsource: string): Rule => ruleOf(IMAGE, logsource)
  const rules = [load('{ product: macos, category: process_creation }'), load('{ product: macos }')]
  const document = { Image: '/usr/bin/osascript', ...exec('/usr/bin/osascript') }
  const routed = new Engine(rules, { lookup: 'literal', route: true })
  const matches = (extra: object): number => routed.match({ ...document, ...extra }).length
  equal(matches({}), 2)
  equal(matches({ product: 'macOS' }), 2)
  equal(matches({ product: 'windows' }), 0)
  equal(matches({ category: 'file_event' }), 1)
  equal(matches({ service: 'sshd' }), 2)
  equal(new Engine(rules).match({ ...document, product: 'windows' }).length, 2)
})

test('engine: explanations are bounded', () => {
  const words = Array.from({ length: 30 }, (_, index) => `a${index}`).join(', ')
  const detection = `selection:\n  process.args|all: [${words}]\ncondition: selection`
  const engine = new Engine([ruleOf(detection, '{ product: macos }')], { witnessesMax: 7 })
  const args = words.split(', ')
  equal(engine.evaluate({ process: { args } })[0]?.witnesses.length, 7)
})

test('engine: a rule in ECS names finds events in Sigma names', () => {
  const detection = "selection:\n  process.executable|endswith: '/curl'\ncondition: selection"
  const engine = engineOf(detection, { fields: 'sigma' })
  equal(engine.match({ Image: '/usr/bin/curl' }).length, 1)
  equal(engine.match({ process: { executable: '/usr/bin/curl' } }).length, 0)
})

test('engine: values other products use stand for ours', () => {
  const detection = 'selection:\n  event.action: launch_daemon\ncondition: selection'
  const engine = new Engine([ruleOf(detection, '{ product: macos }')])
  equal(engine.match({ event: { action: 'btm_launch_item_add' } }).length, 1)
  equal(engine.match({ event: { action: 'exec' } }).length, 0)
})

test('engine: deep and cyclic-looking documents are searched within bounds', () => {
  const engine = new Engine([ruleOf('words:\n  - deepest\ncondition: words', '{ product: macos }')])
  let nested: object = { text: 'deepest' }
  for (let depth = 0; depth < 1_000; depth += 1) nested = { nested }
  equal(engine.match(nested).length, 0)
  equal(engine.match({ a: { b: { c: 'deepest' } } }).length, 1)
})
