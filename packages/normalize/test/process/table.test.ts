import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { type BootId, type HostId, formatTime, parseTime, processEntityId } from '@pomona/schema'
import { CONTEXT, type Json, message, processOf, SHELL, Stream, token } from '../records.ts'

const CHILD = processOf({ pid: 401, pidversion: 901, path: '/bin/zsh', parent: [400, 900] })
const SH = processOf({ pid: 401, pidversion: 902, path: '/bin/sh', parent: [400, 900] })
const BASH = processOf({ pid: 401, pidversion: 903, path: '/bin/bash', parent: [400, 900] })

function exec(target: Json, args: readonly string[], more: Json = {}): Json {
  return { target, args, cwd: { path: '/Users/maya' }, script: null, ...more }
}

const START_NS = parseTime('2026-03-02T08:30:00Z') ?? 0n

function at(second: number): Json {
  return {
    time: formatTime(START_NS + BigInt(second) * 1_000_000_000n),
  }
}

test('process table: an exec’s arguments, directory and script stay with every later event', () => {
  const stream = new Stream()
  const script = { path: '/Users/maya/run.sh' }
  stream.send(message('fork', { child: CHILD }))
  stream.send(message('exec', exec(SH, ['sh', 'run.sh'], { script }), { process: CHILD }))
  const event = stream.send(message('unlink', { target: { path: '/tmp/x' } }, { process: SH }))
  deepEqual(event.process?.args, ['sh', 'run.sh'])
  equal(event.process?.args_count, 2)
  equal(event.process?.command_line, 'sh run.sh')
  equal(event.process?.working_directory, '/Users/maya')
  equal(event.macos?.process?.script, '/Users/maya/run.sh')
  equal(event.process?.env_vars, undefined)
})

test('process table: a fork hands on what its parent was started with, an exec replaces it', () => {
  const stream = new Stream()
  stream.send(
    message('exec', exec(SHELL, ['-zsh']), {
      process: processOf({ pid: 400, pidversion: 899, path: '/usr/bin/login' }),
    }),
  )
  const fork = stream.send(message('fork', { child: CHILD }))
  deepEqual([fork.process?.pid, fork.process?.command_line], [401, '-zsh'])
  equal(fork.process?.parent?.command_line, '-zsh')
  const event = stream.send(message('exec', exec(SH, ['sh']), { process: CHILD }))
  deepEqual(event.process?.previous, { executable: '/bin/zsh', args: ['-zsh'], args_count: 1 })
  equal(event.macos?.process?.previous_entity_id, fork.process?.entity_id)
  notEqual(event.process?.entity_id, fork.process?.entity_id)
})

test('process table: sh that re-executes as bash is two images under one pid', () => {
  const stream = new Stream()
  const first = stream.send(message('exec', exec(SH, ['sh']), { process: CHILD }))
  const second = stream.send(message('exec', exec(BASH, ['sh']), { process: SH }))
  equal(first.process?.pid, second.process?.pid)
  equal(second.macos?.process?.previous_entity_id, first.process?.entity_id)
  equal(second.process?.previous?.executable, '/bin/sh')
})

test('process table: a directory changed after exec is the working directory from then on', () => {
  const stream = new Stream()
  stream.send(message('exec', exec(SH, ['sh']), { process: CHILD }))
  const event = stream.send(message('chdir', { target: { path: '/private/tmp' } }, { process: SH }))
  equal(event.process?.working_directory, '/private/tmp')
})

test('process table: parent and responsible are described once a record has described them', () => {
  const stream = new Stream()
  const app = processOf({ pid: 350, pidversion: 800, path: '/Applications/A.app/Contents/MacOS/A' })
  const child = processOf({
    pid: 420,
    pidversion: 950,
    path: '/bin/ls',
    parent: [400, 900],
    responsible: [350, 800],
  })
  const before = stream.send(message('cs_invalidated', {}, { process: child }))
  equal(before.process?.parent?.executable, undefined)
  equal(before.macos?.responsible?.pid, 350)
  stream.send(message('cs_invalidated', {}, { process: app }))
  stream.send(message('cs_invalidated', {}, { process: SHELL }))
  const after = stream.send(message('cs_invalidated', {}, { process: child }))
  equal(after.process?.parent?.executable, '/bin/zsh')
  equal(after.macos?.responsible?.name, 'A')
  equal(after.process?.parent?.entity_id, before.process?.parent?.entity_id)
  equal(before.process?.parent?.executable, undefined, 'an event that was sent does not change')
})

test('process table: a change of user, terminal or flags shows at once', () => {
  const stream = new Stream()
  stream.send(message('cs_invalidated', {}))
  const root = stream.send(
    message(
      'cs_invalidated',
      {},
      { process: { ...SHELL, audit_token: token(400, 900, { euid: 0 }) } },
    ),
  )
  deepEqual([root.user?.id, root.process?.real_user?.id], ['0', '501'])
  const killed = stream.send(
    message('cs_invalidated', {}, { process: { ...SHELL, codesigning_flags: 0x2300_0202 } }),
  )
  equal(killed.process?.code_signature?.status, 'invalid')
  const tty = { path: '/dev/ttys001' }
  const terminal = stream.send(message('cs_invalidated', {}, { process: { ...SHELL, tty } }))
  deepEqual([terminal.process?.interactive, terminal.macos?.process?.tty], [true, '/dev/ttys001'])
})

test('process table: events of one image share its frozen parts', () => {
  const stream = new Stream()
  const first = stream.send(message('cs_invalidated', {}))
  const second = stream.send(message('settime', {}))
  ok(first.process === second.process && Object.isFrozen(first.process))
  ok(first.host === second.host)
})

test('process table: the thread is named only where it belongs to the process in the event', () => {
  const stream = new Stream()
  const event = stream.send(message('fork', { child: CHILD }))
  equal(event.process?.thread, undefined)
  equal(stream.send(message('settime', {})).process?.thread?.id, 901)
  equal(
    stream.send(message('settime', {}, { thread: { thread_id: 902 } })).process?.thread?.id,
    902,
  )
})

const LATE = message(
  'tcc_modify',
  { service: 'Camera', instigator: null, instigator_token: token(401, 902) },
  { process: processOf({ pid: 80, pidversion: 81, path: '/usr/libexec/tccd' }) },
)

for (const { name, pause, executable } of [
  { name: 'is still known at the end of its grace period', pause: 59, executable: '/bin/sh' },
  { name: 'is forgotten when its grace period is over', pause: 60, executable: undefined },
]) {
  test(`process table: an image that ended ${name}`, () => {
    const stream = new Stream()
    const other = processOf({ pid: 500, pidversion: 990, path: '/bin/ls' })
    stream.send(message('exec', exec(SH, ['sh']), { process: CHILD, ...at(0) }))
    stream.send(message('exit', { stat: 0 }, { process: SH, ...at(1) }))
    stream.send(message('exit', { stat: 0 }, { process: other, ...at(1 + pause) }))
    const event = stream.send({ ...LATE, ...at(1 + pause) })
    equal(event.process?.pid, 401)
    equal(event.process?.executable, executable)
    equal(event.macos?.reporter?.name, 'tccd')
  })
}

test('process table: a full table forgets what was not used, keeps the parent, and counts', () => {
  const stream = new Stream({ limits: { processesMax: 8 } })
  stream.send(
    message('exec', exec(SHELL, ['-zsh']), {
      process: processOf({ pid: 400, pidversion: 899, path: '/usr/bin/login' }),
    }),
  )
  for (let index = 0; index < 100; index += 1) {
    const child = processOf({
      pid: 1_000 + index,
      pidversion: 5_000 + index,
      path: '/bin/zsh',
      parent: [400, 900],
    })
    const event = stream.send(message('fork', { child }))
    equal(event.process?.parent?.command_line, '-zsh')
  }
  const { counts } = stream.normalizer
  ok(counts.processesHeld <= 8)
  ok(counts.processesEvicted > 80)
})

test('process table: images that end while the clock stands still are bounded too', () => {
  const stream = new Stream({ limits: { processesMax: 16 } })
  for (let index = 0; index < 200; index += 1) {
    const child = processOf({ pid: 1_000 + index, pidversion: 5_000 + index, path: '/bin/ls' })
    stream.send(message('exit', { stat: 0 }, { process: child }))
  }
  ok(stream.normalizer.counts.processesHeld <= 16)
})

const ROW = {
  pid: 400,
  parentPid: 1,
  executable: '/bin/zsh',
  commandLine: '-zsh --login',
  startTime: '2026-03-02T08:00:00Z',
}

test('process table: a snapshot tells the command line of a process nobody saw start', () => {
  const event = new Stream({ processes: [ROW] }).send(message('settime', {}))
  equal(event.process?.command_line, '-zsh --login')
  equal(event.process?.args, undefined, 'where one argument ends is not known')
  equal(event.process?.start, '2026-03-02T08:00:00.123456000Z')
})

test('process table: a snapshot describes a parent that only a token names', () => {
  const process = processOf({ pid: 410, pidversion: 910, path: '/bin/ls', parent: [400, 900] })
  const event = new Stream({ processes: [ROW] }).send(message('settime', {}, { process }))
  equal(event.process?.parent?.executable, '/bin/zsh')
  equal(event.process?.parent?.command_line, '-zsh --login')
})

for (const [name, row] of [
  ['another executable', { ...ROW, executable: '/bin/ls' }],
  ['another start', { ...ROW, startTime: '2026-03-02T07:59:59Z' }],
] as const) {
  test(`process table: a snapshot row with ${name} is of an earlier process under the pid`, () => {
    const event = new Stream({ processes: [row] }).send(message('settime', {}))
    equal(event.process?.command_line, undefined)
  })
}

test('process table: a snapshot longer than its limit is cut and counted', () => {
  const rows = Array.from({ length: 5 }, (_, index) => ({ pid: 10 + index }))
  const stream = new Stream({ processes: rows, limits: { seedsMax: 3 } })
  equal(stream.normalizer.counts.seedsRefused, 2)
})

test('process table: entity ids are those of the schema', () => {
  const event = new Stream().send(message('settime', {}))
  const identity = {
    tenantId: CONTEXT.tenantId,
    hostId: CONTEXT.host.id as HostId, // The same texts the context names.
    bootId: CONTEXT.bootId as BootId, // As above.
    pid: 400,
    pidversion: 900,
  }
  equal(event.process?.entity_id, processEntityId(identity))
})

test('process table: both spellings of an audit token name the same process', () => {
  const array = [501, 501, 20, 501, 20, 400, 100_003, 900]
  const one = new Stream().send(message('settime', {}))
  const other = new Stream().send(
    message(
      'settime',
      {},
      { process: { ...SHELL, audit_token: array, parent_audit_token: [-1, 0, 0, 0, 0, 1, 0, 2] } },
    ),
  )
  equal(other.process?.entity_id, one.process?.entity_id)
  deepEqual(other.user, one.user)
  equal(other.process?.parent?.entity_id, one.process?.parent?.entity_id)
})
