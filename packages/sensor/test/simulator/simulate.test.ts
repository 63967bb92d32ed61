import { deepEqual, equal, notEqual, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import {
  eventName,
  EVENT_TYPES,
  LossCounter,
  readLine,
  SensorError,
  simulate,
} from '@pomona/sensor'
import { at, play, scenarioOf } from './play.ts'

const VARIED = scenarioOf(
  [
    { exec: { as: 'shell', parent: 'zsh', args: 'bash -c "cat ${file}"' } },
    {
      repeat: {
        count: [1, 4],
        as: 'n',
        steps: [{ save: { by: 'shell', path: '/tmp/${file}-${n}' } }],
      },
    },
    { chance: 0.5, run: { parent: 'shell', args: 'ls ${n}' } },
    { exit: { process: 'shell' } },
  ],
  { user: 'any', variables: { file: { hex: 8 } } },
)

test('simulate: the same seed gives the same bytes, another seed others', () => {
  const lines = (seed: string): string =>
    [...simulate({ background: [VARIED], eventsMax: 500, seed })].join('\n')
  equal(lines('a'), lines('a'))
  notEqual(lines('a'), lines('b'))
})

test('simulate: an iterable can be walked twice', () => {
  const lines = simulate({ scenarios: [VARIED] })
  deepEqual([...lines], [...lines])
})

test('simulate: numbering has no gaps and time does not run back', () => {
  const loss = new LossCounter()
  let last = ''
  let records = 0
  for (const line of simulate({
    background: [VARIED, VARIED],
    scenarios: [VARIED],
    eventsMax: 3_000,
  })) {
    const read = readLine(line, records++)
    ok(read.ok)
    loss.observe(read.record.value)
    const time = String(read.record.value['time'])
    ok(time >= last, `${time} after ${last}`)
    ok(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(time))
    last = time
  }
  equal(records, 3_000)
  deepEqual(loss.counts(), { missing: 0, missingByType: {}, restarts: 0, unnumbered: 0 })
})

test('simulate: a background repeats itself with other files, users and times', () => {
  const paths = new Set<unknown>()
  const users = new Set<unknown>()
  for (const line of simulate({ background: [VARIED], eventsMax: 2_000 })) {
    const read = readLine(line, 0)
    ok(read.ok)
    users.add(at(read.record.value, 'process', 'audit_token', 'ruid'))
    if (eventName(read.record.value) !== 'create') continue
    paths.add(at(read.record.value, 'event', 'create', 'destination', 'existing_file', 'path'))
  }
  ok(paths.size > 100, String(paths.size))
  deepEqual(users, new Set([501, 502]))
})

test('simulate: exec keeps the pid, raises the pid version and shows both images', () => {
  const [fork, exec, exit] = play([{ run: { args: 'whoami', status: 3 } }])
  const child = at(fork?.value, 'event', 'fork', 'child', 'audit_token')
  const old = at(exec?.value, 'process')
  const target = at(exec?.value, 'event', 'exec', 'target')
  deepEqual(at(old, 'audit_token'), child)
  equal(at(old, 'executable', 'path'), '/bin/zsh')
  equal(at(target, 'executable', 'path'), '/usr/bin/whoami')
  equal(at(target, 'audit_token', 'pid'), at(child, 'pid'))
  ok(Number(at(target, 'audit_token', 'pidversion')) > Number(at(child, 'pidversion')))
  deepEqual(at(exit?.value, 'process', 'audit_token'), at(target, 'audit_token'))
  equal(at(exit?.value, 'event', 'exit', 'stat'), 3 << 8)
  equal(at(target, 'ppid'), at(fork?.value, 'process', 'audit_token', 'pid'))
})

test('simulate: children of a process that ended belong to launchd', () => {
  const records = play([
    { exec: { as: 'outer', args: 'bash' } },
    { exec: { as: 'inner', parent: 'outer', args: 'sleep 5' } },
    { exit: { process: 'outer', signal: 'SIGKILL' } },
    { open: { by: 'inner', file: '/etc/hosts' } },
  ])
  const outer = at(records[1]?.value, 'event', 'exec', 'target', 'audit_token', 'pid')
  const last = records.at(-1)?.value
  equal(at(last, 'process', 'ppid'), 1)
  equal(at(last, 'process', 'original_ppid'), outer)
  equal(at(last, 'process', 'parent_audit_token', 'pid'), 1)
  equal(at(last, 'event', 'open', 'file', 'path'), '/private/etc/hosts')
  equal(at(records.at(-2)?.value, 'event', 'exit', 'stat'), 9)
})

test('simulate: what launchd starts is responsible for itself and its children', () => {
  const records = play([
    { launch: { as: 'app', path: '/Applications/Slack.app/Contents/MacOS/Slack' } },
    { run: { parent: 'app', args: 'id' } },
  ])
  const names = records.map(({ value }) => Object.keys(Object(value['event']))[0])
  deepEqual(names, ['fork', 'exec', 'exec', 'fork', 'exec', 'exit'])
  const app = at(records[2]?.value, 'event', 'exec', 'target')
  deepEqual(at(app, 'responsible_audit_token'), at(app, 'audit_token'))
  equal(at(app, 'team_id'), 'BQR82RBBHL')
  deepEqual(
    at(records[4]?.value, 'event', 'exec', 'target', 'responsible_audit_token'),
    at(app, 'audit_token'),
  )
})

test('simulate: /bin/sh becomes bash in the same process', () => {
  const [, sh, bash] = play([{ exec: { args: 'sh -c id' } }])
  equal(at(sh?.value, 'event', 'exec', 'target', 'executable', 'path'), '/bin/sh')
  equal(at(bash?.value, 'process', 'executable', 'path'), '/bin/sh')
  equal(at(bash?.value, 'event', 'exec', 'target', 'executable', 'path'), '/bin/bash')
})

test('simulate: setuid programs run as root for the same user', () => {
  const [, exec] = play([{ exec: { args: 'sudo -s' } }])
  const token = at(exec?.value, 'event', 'exec', 'target', 'audit_token')
  deepEqual([at(token, 'euid'), at(token, 'ruid'), at(token, 'auid')], [0, 501, 501])
})

test('simulate: who signs in gets an audit session, root by sudo keeps it', () => {
  const records = play([
    { launch: { as: 'sshd', kind: 'daemon', path: '/usr/libexec/sshd-session' } },
    { exec: { as: 'shell', parent: 'sshd', user: 'jonas', args: 'zsh' } },
    { exec: { as: 'root', parent: 'shell', user: 'root', args: 'id' } },
  ])
  const ids = [2, 4, 6].map((index) => {
    const token = at(records[index]?.value, 'event', 'exec', 'target', 'audit_token')
    return [at(token, 'auid'), at(token, 'euid'), at(token, 'ruid')]
  })
  deepEqual(ids, [
    [4_294_967_295, 0, 0],
    [502, 502, 502],
    [502, 0, 0],
  ])
})

test('simulate: stories are scattered in their background and played to the end', () => {
  const story = scenarioOf([
    { run: { args: 'sw_vers' } },
    { wait: '2s' },
    { run: { args: 'last' } },
  ])
  const options = { background: [VARIED], eventsMax: 4_000, spreadNs: 60_000_000_000n }
  const starts = ['a', 'b', 'c'].map((seed) => {
    const lines = [...simulate({ ...options, scenarios: [story], seed })]
    equal(lines.filter((line) => line.includes('"args":["last"]')).length, 1)
    return lines.findIndex((line) => line.includes('"args":["sw_vers"]'))
  })
  equal(new Set(starts).size, 3)
})

test('simulate: files are described as events left them', () => {
  const records = play([
    { save: { by: 'finder', path: '/tmp/a', size: 5_000 } },
    { setmode: { by: 'finder', target: '/tmp/a', mode: 0o755 } },
    { rename: { by: 'finder', source: '/tmp/a', to: '/tmp/b' } },
    { unlink: { by: 'finder', target: '/tmp/b' } },
  ])
  const created = at(records[0]?.value, 'event', 'create', 'destination', 'existing_file')
  const removed = at(records.at(-1)?.value, 'event', 'unlink', 'target')
  equal(at(created, 'path'), '/private/tmp/a')
  equal(at(created, 'stat', 'st_size'), 0)
  equal(at(removed, 'path'), '/private/tmp/b')
  equal(at(removed, 'stat', 'st_size'), 5_000)
  equal(at(removed, 'stat', 'st_mode'), 0o100755)
  equal(at(removed, 'stat', 'st_ino'), at(created, 'stat', 'st_ino'))
  equal(at(records.at(-1)?.value, 'event', 'unlink', 'parent_dir', 'path'), '/private/tmp')
})

test('simulate: programs of the sealed volume have inodes beyond 2^53, kept exact', () => {
  const [, exec] = play([{ exec: { args: 'id' } }])
  const inode = at(exec?.value, 'event', 'exec', 'target', 'executable', 'stat', 'st_ino')
  ok(typeof inode === 'string' && /^11529215003\d{8}$/.test(inode))
  ok(exec !== undefined)
  ok(exec.text.includes(`"st_ino":${inode}`))
  ok(exec.text.includes('"path":"\\/usr\\/bin\\/id"'))
})

test('simulate: audit tokens can be arrays, as a beta of macOS 26 wrote them', () => {
  const [fork] = play([{ fork: { parent: 'zsh' } }], { tokenForm: 'array' })
  const token = at(fork?.value, 'event', 'fork', 'child', 'audit_token')
  ok(Array.isArray(token))
  equal(token.length, 8)
  deepEqual(token.slice(0, 5), [501, 501, 20, 501, 20])
})

const releases = [
  { osVersion: '13.0', version: 6, category: false, entitlements: false },
  { osVersion: '14.5', version: 7, category: false, entitlements: false },
  { osVersion: '15.1', version: 8, category: false, entitlements: false },
  { osVersion: '15.6', version: 9, category: false, entitlements: false },
  { osVersion: '26.1', version: 10, category: true, entitlements: false },
  { osVersion: '27.0', version: 11, category: true, entitlements: true },
]
for (const { osVersion, version, category, entitlements } of releases) {
  test(`simulate: macOS ${osVersion} writes message version ${version}`, () => {
    const [, exec] = play([{ exec: { args: 'id' } }], { osVersion })
    equal(exec?.value['version'], version)
    const event = Object(at(exec.value, 'event', 'exec'))
    equal('cs_validation_category' in event.target, category)
    equal('entitlements' in event, entitlements)
  })
}

test('simulate: a release leaves out the events it does not know', () => {
  const step = { tcc_modify: { by: 'zsh', service: 'Camera', identity: 'a.b' } }
  equal(play([step], { osVersion: '15.3' }).length, 0)
  equal(play([step], { osVersion: '15.4' }).length, 1)
})

// What the fields of a body need beyond the names that every type of field takes.
const EXTRA: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  create: { path: '/tmp/new' },
  rename: { to: '/tmp/to' },
  clone: { to: '/tmp/to' },
  copyfile: { to: '/tmp/to' },
  link: { to: '/tmp/to' },
  authentication: { record_name: 'maya' },
  gatekeeper_user_override: { path: '/Applications/A.app' },
}

test('simulate: every event type is written with its number and name', async () => {
  const { eventVerb } = await import('../../src/scenario/verbs.ts')
  const { BODIES } = await import('../../src/simulator/bodies.ts')
  for (const { name, id } of EVENT_TYPES) {
    if (['exec', 'fork', 'exit'].includes(name)) continue
    const verb = eventVerb(name)
    ok(verb !== undefined)
    const kinds = new Map(BODIES[name]?.fields.map((field) => [field.name, field.kind]))
    const given = verb.required.map((field) => {
      const kind = kinds.get(field)
      const value =
        kind === 'file' || kind === 'folder' ? '/tmp/x' : kind === 'process' ? 'finder' : [1]
      return [field, field === 'by' ? 'zsh' : value]
    })
    const params = { by: 'zsh', ...Object.fromEntries(given), ...EXTRA[name] }
    const [record] = play([{ [name]: params }], { osVersion: '27.0' })
    equal(record?.value['event_type'], id, name)
    deepEqual(Object.keys(Object(record.value['event'])), [name])
    deepEqual(
      play([{ event: { by: 'zsh', type: name, body: params } }], { osVersion: '27.0' })[0]?.text,
      record.text,
    )
  }
})

const unplayable = [
  {
    name: 'a process that is not there yet',
    steps: [{ exit: { process: 'late' } }, { exec: { as: 'late', args: 'id' } }],
    want: /test\.yml:1: No process is called `late` yet/,
  },
  {
    name: 'a process that has ended',
    steps: [{ run: { as: 'gone', args: 'id' } }, { exit: { process: 'gone' } }],
    want: /has already ended/,
  },
  {
    name: 'an actor that has ended',
    steps: [{ run: { as: 'gone', args: 'id' } }, { open: { by: 'gone', file: '/a' } }],
    want: /`gone` has ended/,
  },
  {
    name: 'a path that is not whole',
    steps: [{ open: { by: 'zsh', file: 'a' } }],
    want: /must be a full path/,
  },
  {
    name: 'a code without meaning',
    steps: [{ btm_launch_item_add: { by: 'zsh', item_type: 'demon', item_url: 'x' } }],
    want: /one of user_item, app, login_item, agent, daemon/,
  },
]
for (const { name, steps, want } of unplayable) {
  test(`simulate: names ${name} with its line`, () => {
    throws(
      () => play(steps),
      (error) =>
        error instanceof SensorError &&
        error.code === 'ERR_SCENARIO_INVALID' &&
        want.test(error.message),
    )
  })
}

const impossible = [
  { name: 'a background without end', options: { background: [VARIED] } },
  {
    name: 'a Mac without users',
    options: { scenarios: [VARIED], host: { name: 'x', osVersion: '15.0', users: [] } },
  },
  {
    name: 'a release without eslogger',
    options: {
      scenarios: [VARIED],
      host: { name: 'x', osVersion: '12.6', users: [{ name: 'a', uid: 501 }] },
    },
  },
]
for (const { name, options } of impossible) {
  test(`simulate: refuses ${name}`, () => {
    throws(
      () => [...simulate(options)],
      (error) => error instanceof SensorError && error.code === 'ERR_SIMULATION_INVALID',
    )
  })
}
