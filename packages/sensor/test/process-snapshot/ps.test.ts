import { deepEqual, equal, ok } from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { processSnapshot, redactText } from '@pomona/sensor'
import { ManualTime, type Script, ScriptedCommands } from '@pomona/sensor/testing'
import { joinSnapshots } from '../../src/process-snapshot/ps.ts'
import { MACHINE } from '../machine.ts'

// As macOS's ps prints it: names are paths, and may hold blanks.
const NAMES = `
    1     0     0 Mon Mar  2 08:30:00 2026     /sbin/launchd
  501     1   501 Mon Mar  2 08:31:07 2026     /Applications/Some App.app/Contents/MacOS/Some App
  502   501    -2 Sun Feb 29 23:59:59 2032     /usr/bin/login
  503     1   501 Mon Mar  2 08:31:08 2026     (gone)
`
const LINES = `
    1     0     0 Mon Mar  2 08:30:00 2026     /sbin/launchd
  501     1   501 Mon Mar  2 08:31:07 2026     /Applications/Some App.app/Contents/MacOS/Some App --password hunter2222
  502   501    -2 Sun Feb 29 23:59:59 2032     login -pf maya
  777   501   501 Mon Mar  2 08:32:00 2026     /bin/ps -axww
`

test('ps: names and arguments are joined, with blanks in both', () => {
  const { processes, refused } = joinSnapshots({ names: NAMES, lines: LINES })
  equal(refused, 0)
  deepEqual(processes.slice(0, 2), [
    {
      pid: 1,
      parentPid: 0,
      userId: 0,
      startTime: '2026-03-02T08:30:00Z',
      executable: '/sbin/launchd',
      commandLine: '/sbin/launchd',
    },
    {
      pid: 501,
      parentPid: 1,
      userId: 501,
      startTime: '2026-03-02T08:31:07Z',
      executable: '/Applications/Some App.app/Contents/MacOS/Some App',
      commandLine: '/Applications/Some App.app/Contents/MacOS/Some App --password hunter2222',
    },
  ])
})

test('ps: who began or ended between the two calls is told as far as it is known', () => {
  const { processes } = joinSnapshots({ names: NAMES, lines: LINES })
  const by = (pid: number) => processes.find((process) => process.pid === pid)
  deepEqual(by(777)?.executable, undefined)
  deepEqual(by(777)?.commandLine, '/bin/ps -axww')
  deepEqual(by(503)?.executable, undefined)
  deepEqual(by(503)?.commandLine, undefined)
})

test('ps: a pid used again between the calls is two processes', () => {
  const again = LINES.replace('08:31:07', '08:31:09')
  const { processes } = joinSnapshots({ names: NAMES, lines: again })
  equal(processes.filter(({ pid }) => pid === 501).length, 2)
})

test('ps: nobody has the user id that macOS gives it', () => {
  const { processes } = joinSnapshots({ names: NAMES, lines: '' })
  equal(processes.find(({ pid }) => pid === 502)?.userId, 4_294_967_294)
})

test('ps: what is no row is refused and counted', () => {
  const rows = [
    'ps: illegal option',
    '1 2 3 Mon Foo 2 08:30:00 2026 x',
    '1 2',
    'é'.repeat(2_000_000),
  ]
  const { processes, refused } = joinSnapshots({ names: rows.join('\n'), lines: '' })
  equal(processes.length, 0)
  equal(refused, 4)
})

test('ps: without end it is cut at the bound', () => {
  const many = Array.from(
    { length: 40_000 },
    (_, pid) => `${pid} 1 0 Mon Mar  2 08:30:00 2026 /bin/x`,
  ).join('\n')
  equal(joinSnapshots({ names: many, lines: many }).processes.length, 16_384)
})

function scripted(script: Script) {
  const time = new ManualTime()
  return { commands: new ScriptedCommands(time, script), timer: time }
}

test('ps: a snapshot is taken by two calls, and holds no secret', async () => {
  const calls: string[] = []
  const tools = scripted((command) => {
    calls.push([command.command.path, ...command.command.args].join(' '))
    command.print(command.command.args.at(-1)?.endsWith('comm=') === true ? NAMES : LINES)
    command.end()
  })
  const snapshot = await processSnapshot(tools, redactText)
  deepEqual(calls, [
    '/bin/ps -axww -o pid=,ppid=,uid=,lstart=,comm=',
    '/bin/ps -axww -o pid=,ppid=,uid=,lstart=,args=',
  ])
  ok(snapshot.ok)
  equal(snapshot.processes.length, 5)
  equal(JSON.stringify(snapshot).includes('hunter2222'), false)
})

test('ps: one that fails is a problem and not an empty list', async () => {
  const snapshot = await processSnapshot(
    scripted((command) => command.end({ code: 1 })),
    redactText,
  )
  equal(!snapshot.ok && snapshot.problem.code, 'processes_unlisted')
})

test('ps: this machine lists itself', async () => {
  const snapshot = await processSnapshot(MACHINE, redactText)
  ok(snapshot.ok)
  const own = snapshot.processes.find(({ pid }) => pid === process.pid)
  ok(own !== undefined)
  equal(own.parentPid, process.ppid)
  const ageMs = Date.now() - Date.parse(own.startTime)
  ok(ageMs > -2_000 && ageMs < 600_000, own.startTime)
  ok(own.commandLine?.includes(basename(process.execPath)))
})
