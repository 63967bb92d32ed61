import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Mute } from '@pomona/schema'
import { blindness } from '../../src/index.ts'
import { eqlRule, rulesOf } from '../explain/explained.ts'
import { ruleText } from '../sigma.ts'

const FILE_EVENT = '{ product: macos, category: file_event }'
const EXEC = '{ product: macos, category: process_creation }'

/** Every type that `file_event` asks for, so that only what else is said leaves events. */
const WRITES = ['create', 'close', 'rename', 'clone', 'copyfile', 'link', 'exchangedata']

const mute = (parts: Partial<Mute>): Mute => ({ reason: 'm', types: WRITES, ...parts })

const effectOn = (text: string, parts: Partial<Mute>) =>
  blindness(rulesOf(text), [mute(parts)]).map(({ effect }) => effect)[0]

const sigma = (detection: string, logsource = FILE_EVENT) =>
  ruleText(`${detection}\ncondition: selection`, logsource)

const cases = [
  {
    name: 'other types',
    rule: sigma('selection: { file.path|startswith: /tmp/ }'),
    mute: { types: ['setmode'] },
    want: undefined,
  },
  {
    name: 'all its types',
    rule: sigma('selection: { file.path|startswith: /tmp/ }'),
    mute: {},
    want: 'blinded',
  },
  {
    name: 'another folder',
    rule: sigma('selection: { file.path|startswith: /tmp/ }'),
    mute: { paths: ['/private/var/*'] },
    want: undefined,
  },
  {
    name: 'a folder in which its files may be',
    rule: sigma('selection: { file.path|contains: /LaunchAgents/ }'),
    mute: { paths: ['/Users/maya/*'] },
    want: 'may_be_blinded',
  },
  {
    name: 'a folder whose name says that its files are not there',
    rule: sigma('selection: { file.path|startswith: [/etc/, /usr/] }'),
    mute: { paths: ['/Users/*', '/opt/*'] },
    want: undefined,
  },
  {
    name: 'a file of another name',
    rule: sigma('selection: { file.name: sudoers }'),
    mute: { paths: ['/etc/hosts'] },
    want: undefined,
  },
  {
    name: 'the file by its name',
    rule: sigma('selection: { file.name: sudoers }'),
    mute: { paths: ['/etc/sudoers'] },
    want: 'may_be_blinded',
  },
  {
    name: 'another program',
    rule: sigma('selection: { process.name: cp }'),
    mute: { programs: ['/bin/mv'] },
    want: undefined,
  },
  {
    name: 'a program that it leaves out itself',
    rule: ruleText(
      'a: { file.path|startswith: /tmp/ }\nb: { process.executable: /usr/bin/rsync }\ncondition: a and not b',
      FILE_EVENT,
    ),
    mute: { programs: ['/usr/bin/rsync'] },
    want: undefined,
  },
  {
    name: 'a program among those that it leaves out by their beginning',
    rule: ruleText(
      'a: { file.path|startswith: /tmp/ }\nb: { process.executable|startswith: /Applications/ }\ncondition: a and not b',
      FILE_EVENT,
    ),
    mute: { programs: ['/Applications/Safe.app/*'] },
    want: undefined,
  },
  {
    name: 'exactly what it asks for, letter by letter',
    rule: sigma('selection: { file.path|cased|startswith: /tmp/x/ }'),
    mute: { paths: ['/tmp/*'] },
    // Events that name two files have to be of that folder with both.
    want: 'may_be_blinded',
  },
  {
    name: 'what it asks for in one spelling only',
    rule: eqlRule('file where event.action == "deletion" and file.path : "/tmp/x"'),
    mute: { types: ['unlink'], paths: ['/tmp/x'] },
    want: 'may_be_blinded',
  },
  {
    name: 'exactly what it asks for, of events that name one file',
    rule: eqlRule('file where event.action == "deletion" and file.path == "/tmp/x"'),
    mute: { types: ['unlink'], paths: ['/tmp/*'] },
    want: 'blinded',
  },
  {
    name: 'files, where it asks who the parent is, and that may be the muted program',
    rule: sigma('selection: { process.parent.name: zsh }', EXEC),
    mute: { types: ['close'], programs: ['/bin/zsh'] },
    want: 'loses_context',
  },
  {
    name: 'files, where it asks who the parent is, and that is another program',
    rule: sigma('selection: { process.parent.name: zsh }', EXEC),
    mute: { types: ['close'], programs: ['/bin/bash'] },
    want: undefined,
  },
  {
    name: 'starts of a program, whatever the rule asks for',
    rule: sigma('selection: { file.path: /x }'),
    mute: { types: ['exec'], programs: ['/bin/zsh'] },
    want: 'loses_context',
  },
  {
    name: 'paths of events that name none',
    rule: sigma('selection: { process.name: zsh }', EXEC),
    mute: { types: ['exec'], paths: ['/*'] },
    want: undefined,
  },
  {
    name: 'one step of a sequence',
    rule: eqlRule(
      'sequence by host.id [process where event.action == "exec"]\n[file where event.action == "deletion" and file.path == "/x"]',
    ),
    mute: { types: ['unlink'], paths: ['/x'] },
    want: 'blinded',
  },
  {
    name: 'what a sequence must not see',
    rule: eqlRule(
      'sequence by process.entity_id with maxspan=1m [process where event.action == "exec"]\n![file where event.action == "deletion"]',
    ),
    mute: { types: ['unlink'] },
    want: 'may_be_blinded',
  },
  {
    name: 'what an ancestor did',
    rule: eqlRule(
      'process where event.action == "exec" and descendant of [file where event.action == "deletion"]',
    ),
    mute: { types: ['unlink'] },
    want: 'may_be_blinded',
  },
] as const
for (const { name, rule, mute: parts, want } of cases) {
  test(`blindness: a mute of ${name}: ${want ?? 'no effect'}`, () => {
    equal(effectOn(rule, parts), want)
  })
}

test('blindness: a correlation is blind with all that it counts', () => {
  const part = (id: string, category: string) => `title: ${id}
name: ${id}
id: 00000000-0000-4000-8000-00000000000${id.length}
level: low
logsource: { product: macos, category: ${category} }
detection:
  selection: { host.name|contains: a }
  condition: selection
`
  const text = [
    part('a', 'file_delete'),
    part('bb', 'process_creation'),
    `title: Both
id: 00000000-0000-4000-8000-000000000009
level: high
correlation:
  type: event_count
  rules: [a, bb]
  group-by: [host.id]
  timespan: 1m
  condition: { gte: 3 }
`,
  ].join('---\n')
  const rules = rulesOf(text)
  const effects = (...types: readonly string[]) =>
    Object.fromEntries(
      blindness(rules, [mute({ types: [...types] })]).map(({ rule, effect }) => [
        rule.name,
        effect,
      ]),
    )
  equal(effects('unlink')['Both'], 'may_be_blinded')
  equal(effects('unlink', 'exec', 'fork')['Both'], 'blinded')
})

test('blindness: of several mutes each that has a part is named, the strongest effect counts', () => {
  const rules = rulesOf(sigma('selection: { file.path|startswith: /tmp/ }'))
  const [found] = blindness(rules, [
    mute({ reason: 'one', paths: ['/tmp/a/*'] }),
    mute({ reason: 'none', paths: ['/opt/*'] }),
    mute({ reason: 'all' }),
  ])
  deepEqual([found?.effect, found?.mutes], ['blinded', ['one', 'all']])
})
