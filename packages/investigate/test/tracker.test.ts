import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { IncidentBook } from '../src/book.ts'
import { IncidentTracker } from '../src/tracker.ts'
import { alertOf, alertsOf, eventsOf, incidentsOf, played, ruleOf, type Steps } from './mac.ts'

const CHROME = 'Google Chrome'
const UNTRUSTED = '/private/tmp/tool'
const shell = (as: string, command: string, parent = 'zsh'): object => ({
  exec: { as, parent, path: '/bin/bash', args: ['bash', '-c', command] },
})

const cases: readonly { name: string; steps: Steps; want: readonly (readonly string[])[] }[] = [
  {
    name: 'children of one script are one incident',
    steps: [
      shell('job', './install'),
      { run: { parent: 'job', path: '/usr/bin/curl', args: ['curl', 'alert-a'] } },
      { run: { parent: 'job', path: '/usr/bin/zip', args: ['zip', 'alert-b'] } },
    ],
    want: [['a', 'b']],
  },
  {
    name: 'two commands typed into one terminal are two',
    steps: [
      { run: { args: ['curl', 'alert-a'], path: '/usr/bin/curl' } },
      { run: { args: ['zip', 'alert-b'], path: '/usr/bin/zip' } },
    ],
    want: [['a'], ['b']],
  },
  {
    name: 'what launchd starts for two applications is two',
    steps: [
      { launch: { as: 'one', path: '/Applications/One.app/Contents/MacOS/One' } },
      { launch: { as: 'two', path: '/Applications/Two.app/Contents/MacOS/Two' } },
      { run: { parent: 'one', path: '/usr/bin/curl', args: ['curl', 'alert-a'] } },
      { run: { parent: 'two', path: '/usr/bin/curl', args: ['curl', 'alert-b'] } },
    ],
    want: [['a'], ['b']],
  },
  {
    name: 'exec in place does not end a process',
    steps: [
      shell('job', 'alert-a'),
      { exec: { in: 'job', path: '/usr/bin/python3', args: ['python3', 'x.py'] } },
      { run: { parent: 'job', path: '/usr/bin/curl', args: ['curl', 'alert-b'] } },
    ],
    want: [['a', 'b']],
  },
  {
    name: 'a parent that ended still ties its children',
    steps: [
      shell('job', './install'),
      { exec: { as: 'one', parent: 'job', path: UNTRUSTED, args: [UNTRUSTED, 'one'] } },
      { exec: { as: 'two', parent: 'job', path: UNTRUSTED, args: [UNTRUSTED, 'two'] } },
      { exit: { process: 'job' } },
      { after: '10m', run: { parent: 'one', path: '/usr/bin/curl', args: ['curl', 'alert-a'] } },
      { run: { parent: 'two', path: '/usr/bin/curl', args: ['curl', 'alert-b'] } },
    ],
    want: [['a', 'b']],
  },
  {
    name: 'a common ancestor that did nothing ties for an hour only',
    steps: [
      shell('job', './server'),
      { run: { parent: 'job', path: '/usr/bin/curl', args: ['curl', 'alert-a'] } },
      { after: '2h', run: { parent: 'job', path: '/usr/bin/curl', args: ['curl', 'alert-b'] } },
    ],
    want: [['a'], ['b']],
  },
  {
    name: 'an ancestor that an alert spoke of ties for as long as the incident is open',
    steps: [
      shell('job', 'alert-a'),
      { after: '5h', run: { parent: 'job', path: '/usr/bin/curl', args: ['curl', 'alert-b'] } },
    ],
    want: [['a', 'b']],
  },
  {
    name: 'an incident ends when it was quiet for a day',
    steps: [
      shell('job', 'alert-a'),
      { after: '25h', run: { parent: 'job', path: '/usr/bin/curl', args: ['curl', 'alert-b'] } },
    ],
    want: [['a'], ['b']],
  },
  {
    name: 'a file that is written, moved and run by another hand ties to its writer',
    steps: [
      shell('drop', 'alert-a'),
      { save: { by: 'drop', path: '/private/tmp/x.part', size: 10 } },
      { rename: { by: 'finder', source: '/private/tmp/x.part', to: '/Users/Shared/x' } },
      { exit: { process: 'drop' } },
      {
        after: '3h',
        launch: { as: 'x', path: '/Users/Shared/x', args: ['/Users/Shared/x', 'alert-b'] },
      },
    ],
    want: [['a', 'b']],
  },
  {
    name: 'a file that the archiver unpacked ties to who wrote the archive',
    steps: [
      {
        launch: {
          as: 'archiver',
          path: '/System/Library/CoreServices/Applications/Archive Utility.app/Contents/MacOS/Archive Utility',
        },
      },
      shell('drop', 'alert-a'),
      { save: { by: 'drop', path: '/private/tmp/x.zip', size: 10 } },
      { open: { by: 'archiver', file: '/private/tmp/x.zip' } },
      { save: { by: 'archiver', path: '/private/tmp/x/run', size: 10 } },
      { run: { path: '/private/tmp/x/run', args: ['/private/tmp/x/run', 'alert-b'] } },
    ],
    want: [['a', 'b']],
  },
  {
    name: 'a script that an interpreter of launchd runs ties to who wrote it',
    steps: [
      shell('drop', 'alert-a'),
      { save: { by: 'drop', path: '/Users/Shared/.agent', size: 10 } },
      {
        launch: {
          as: 'x',
          path: '/bin/bash',
          kind: 'agent',
          args: ['/bin/bash', '/Users/Shared/.agent', 'alert-b'],
        },
      },
    ],
    want: [['a', 'b']],
  },
  {
    name: 'a launch item ties what it starts to who set it up',
    steps: [
      shell('drop', 'alert-a'),
      { save: { by: 'drop', path: '/Library/LaunchDaemons/com.x.y.plist', size: 10 } },
      {
        launch: {
          as: 'x',
          path: '/usr/bin/python3',
          kind: 'daemon',
          service: 'com.x.y',
          args: ['python3', '-c', 'alert-b'],
        },
      },
    ],
    want: [['a', 'b']],
  },
  {
    name: 'a tool of the system is no tie between two launch items',
    steps: [
      shell('drop', 'alert-a'),
      {
        btm_launch_item_add: {
          by: 'drop',
          item_type: 'daemon',
          item_url: 'file:///Library/LaunchDaemons/com.x.y.plist',
          executable_path: '/usr/bin/python3',
        },
      },
      {
        launch: {
          as: 'x',
          path: '/usr/bin/python3',
          kind: 'daemon',
          service: 'com.other',
          args: ['python3', '-c', 'alert-b'],
        },
      },
    ],
    want: [['a'], ['b']],
  },
  {
    name: 'downloads of one browser are not tied by the browser',
    steps: [
      { save: { by: 'safari', path: '/private/tmp/one', size: 10 } },
      { save: { by: 'safari', path: '/private/tmp/two', size: 10 } },
      { run: { path: '/private/tmp/one', args: ['/private/tmp/one', 'alert-a'] } },
      { run: { path: '/private/tmp/two', args: ['/private/tmp/two', 'alert-b'] } },
    ],
    want: [['a'], ['b']],
  },
  {
    name: 'a shared public address ties within the hour',
    steps: [
      { run: { path: '/usr/bin/curl', args: ['curl', 'http://198.51.100.7/alert-a'] } },
      {
        after: '30m',
        run: { path: '/usr/bin/curl', args: ['curl', 'http://198.51.100.7/alert-b'] },
      },
      {
        after: '2h',
        run: { path: '/usr/bin/curl', args: ['curl', 'http://198.51.100.7/alert-c'] },
      },
    ],
    want: [['a', 'b'], ['c']],
  },
  {
    name: 'a private address ties nothing',
    steps: [
      { run: { path: '/usr/bin/curl', args: ['curl', 'http://192.168.1.7/alert-a'] } },
      { run: { path: '/usr/bin/curl', args: ['curl', 'http://192.168.1.7/alert-b'] } },
    ],
    want: [['a'], ['b']],
  },
  {
    name: 'a shared domain ties in one terminal, soon after',
    steps: [
      { run: { path: '/usr/bin/curl', args: ['curl', 'https://x.example/alert-a'] } },
      { after: '5m', run: { path: '/usr/bin/curl', args: ['curl', 'https://x.example/alert-b'] } },
      { after: '20m', run: { path: '/usr/bin/curl', args: ['curl', 'https://x.example/alert-c'] } },
      { exec: { as: 'job', parent: 'finder', path: UNTRUSTED, args: [UNTRUSTED] } },
      {
        run: { parent: 'job', path: '/usr/bin/curl', args: ['curl', 'https://x.example/alert-d'] },
      },
    ],
    want: [['a', 'b'], ['c'], ['d']],
  },
  {
    name: 'what a terminal is responsible for is not tied by the terminal',
    steps: [
      {
        run: { path: '/usr/bin/curl', args: ['curl', 'alert-a'], responsible: 'terminal' },
      },
      { run: { path: '/usr/bin/zip', args: ['zip', 'alert-b'], responsible: 'terminal' } },
    ],
    want: [['a'], ['b']],
  },
  {
    name: 'a login that was alerted on owns what is typed in its session',
    steps: [
      {
        launch: {
          as: 'sshd',
          kind: 'daemon',
          path: '/usr/libexec/sshd-session',
          args: ['sshd-session', 'alert-a'],
        },
      },
      { exec: { as: 'shell', parent: 'sshd', path: '/bin/zsh', args: ['-zsh'], tty: 'new' } },
      { run: { parent: 'shell', path: '/usr/bin/curl', args: ['curl', 'alert-b'] } },
      { run: { parent: 'shell', path: '/usr/bin/zip', args: ['zip', 'alert-c'] } },
    ],
    want: [['a', 'b', 'c']],
  },
]

for (const { name, steps, want } of cases) {
  test(`incidents: ${name}`, () => deepEqual(incidentsOf(steps), want))
}

test('incidents: an alert that ties two makes them one, under the id of the first', () => {
  const steps = [
    shell('drop', 'alert-a'),
    { save: { by: 'drop', path: '/private/tmp/x', size: 10 } },
    shell('other', 'alert-b'),
    { run: { parent: 'other', path: '/private/tmp/x', args: ['/private/tmp/x', 'alert-c'] } },
  ]
  const [first] = played(steps.slice(0, 1))
  const [merged, ...others] = played(steps)
  deepEqual(others, [])
  equal(merged?.incident.id, first?.incident.id)
  equal(merged?.incident.alert_count, 3)
  deepEqual(
    merged?.joins.map(({ alert_id: id, kind }) => [ruleOf(id), kind]),
    [
      ['a', 'first'],
      ['b', 'first'],
      ['c', 'descendant'],
    ],
  )
  equal(merged?.joins.at(-1)?.merged?.length, 1)
})

test('incidents: the reason of every join is said', () => {
  const [incident] = played([
    shell('drop', 'alert-a'),
    { save: { by: 'drop', path: '/private/tmp/x', size: 10 } },
    { run: { path: '/private/tmp/x', args: ['/private/tmp/x', 'alert-b'] } },
  ])
  const [, second] = incident?.joins ?? []
  equal(second?.kind, 'file_run')
  equal(second?.value, '/private/tmp/x')
  ok(/^It runs \/private\/tmp\/x, which bash \(\d+\) wrote\.$/.test(second?.because ?? ''))
})

test('incidents: an alert of several events is placed by the processes it names', () => {
  const events = eventsOf([
    shell('job', './install'),
    { run: { parent: 'job', path: '/usr/bin/curl', args: ['curl', 'x'] } },
    { run: { parent: 'job', path: '/usr/bin/zip', args: ['zip', 'x'] } },
    { run: { path: '/usr/bin/zip', args: ['zip', 'other'] } },
  ])
  const execs = events.filter(
    ({ event, process }) => event?.action === 'exec' && process?.executable?.startsWith('/usr/bin'),
  )
  const [curl, zip, other] = execs
  ok(curl && zip && other)
  const tracker = new IncidentTracker()
  for (const event of events) tracker.observe(event, [])
  const named = [curl, zip].flatMap((event) => alertOf(event, 's').processes)
  tracker.add(alertOf(zip, 'sequence', { processes: named, events: ['1', '2'] }))
  tracker.add(alertOf(curl, 'late'))
  tracker.add(alertOf(other, 'other'))
  const book = new IncidentBook()
  book.take(tracker.takeChanges())
  deepEqual(
    book.incidents().map(({ joins }) => joins.map(({ alert_id: id }) => ruleOf(id))),
    [['sequence', 'late'], ['other']],
  )
})

test('incidents: what XProtect found ties also when the alert comes long after', () => {
  const events = eventsOf([
    { launch: { as: 'app', path: '/Applications/A.app/Contents/MacOS/A', args: ['A', 'alert-a'] } },
    { xp_malware_detected: { malware_identifier: 'X', detected_path: '/Applications/A.app' } },
  ])
  const tracker = new IncidentTracker()
  const told = new Set<string>()
  for (const event of events) tracker.observe(event, alertsOf(event, told))
  const found = events.at(-1)
  ok(found?.event?.action === 'xp_malware_detected')
  tracker.add(alertOf(found, 'nothing-removed-it'))
  const [change, ...others] = tracker.takeChanges()
  deepEqual(others, [])
  deepEqual(
    change?.joins.map(({ kind }) => kind),
    ['first', 'file_named'],
  )
})

test('incidents: an application that something is done to is not where it began', () => {
  const events = eventsOf([
    { launch: { as: 'browser', path: `/Applications/${CHROME}.app/Contents/MacOS/${CHROME}` } },
    { exec: { as: 'thief', path: UNTRUSTED, args: [UNTRUSTED] } },
  ])
  const ofNamed = (name: string) => events.find(({ process }) => process?.name === name)
  const [thief, browser] = [ofNamed('tool'), ofNamed(CHROME)]
  ok(thief && browser)
  const tracker = new IncidentTracker()
  for (const event of events) tracker.observe(event, [])
  const processes = [thief, browser].flatMap((event) => alertOf(event, 's').processes)
  tracker.add(alertOf(thief, 'sequence', { processes, events: ['1', '2'] }))
  equal(tracker.takeChanges()[0]?.incident.root?.name, 'tool')
})

test('incidents: tactics of ATT&CK 18 and 19 are told, and counted, as one vocabulary', () => {
  const events = eventsOf([shell('job', './install')])
  const event = events.findLast(({ event: one }) => one?.action === 'exec')
  ok(event)
  const tracker = new IncidentTracker()
  for (const one of events) tracker.observe(one, [])
  tracker.add(alertOf(event, 'new', { tactics: ['stealth', 'execution'] }))
  tracker.add(alertOf(event, 'half', { tactics: ['defense-impairment'] }))
  const [newer] = tracker.takeChanges()
  deepEqual(newer?.incident.tactics, ['execution', 'stealth', 'defense-impairment'])
  tracker.add(alertOf(event, 'old', { tactics: ['defense-evasion'] }))
  const [mixed] = tracker.takeChanges()
  deepEqual(mixed?.incident.tactics, ['execution', 'defense-evasion'])
})
