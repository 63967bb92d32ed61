import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Eslogger, type EsloggerOptions, type SensedBatch } from '@pomona/sensor'
import { ManualTime, type Script, ScriptedCommands } from '@pomona/sensor/testing'
import { LineWriter } from './lines.ts'

const BINARY = '/Applications/Pomona.app/Contents/MacOS/pomona-agent'
const KNOWN = 'exec\nfork\nexit\ncreate\nclose\n'
const SUBSCRIPTIONS = [
  { name: 'eslogger.critical', events: ['exec', 'fork', 'exit', 'tcc_modify'] },
  { name: 'eslogger.files', events: ['create', 'close'] },
]

const isList = ({ command }: { command: { args: readonly string[] } }) =>
  command.args.includes('--list-events')

/** A list of events for whoever asks, and the script for everything else. */
function listing(script: Script = () => undefined): Script {
  return (command) => {
    if (!isList(command)) {
      script(command)
      return
    }
    command.print(KNOWN)
    command.end()
  }
}

async function sensed(script: Script = listing(), options: Partial<EsloggerOptions> = {}) {
  const time = new ManualTime()
  const commands = new ScriptedCommands(time, script)
  const tools = { commands, clock: time, timer: time }
  const eslogger = new Eslogger({ binary: BINARY, subscriptions: SUBSCRIPTIONS, ...options }, tools)
  const batches: SensedBatch[] = []
  const read = (async () => {
    for await (const batch of eslogger.batches()) batches.push(batch)
  })()
  eslogger.start()
  await time.advance(0)
  const state = (name = 'eslogger.critical') =>
    eslogger.health().find(({ sensor }) => sensor === name)
  return { time, commands, eslogger, batches, read, state }
}

test('eslogger: asks only for what this macOS reports, in a process for each set', async () => {
  const { commands } = await sensed()
  const calls = commands.started.map(({ command }) => [command.path, ...command.args].join(' '))
  deepEqual(calls, [
    '/usr/bin/eslogger --list-events',
    '/usr/bin/eslogger exec fork exit',
    '/usr/bin/eslogger create close',
  ])
})

test('eslogger: runs when it speaks, and its records are handed out', async () => {
  const { time, commands, eslogger, batches, read, state } = await sensed()
  equal(state()?.state, 'starting')
  const writer = new LineWriter()
  commands.running('exec')[0]?.print(writer.line('exec') + writer.line('fork'))
  equal(state()?.state, 'running')
  await time.advance(10)
  await eslogger.stop()
  await read
  equal(state()?.state, 'off')
  equal(batches.flatMap(({ records }) => records).length, 2)
  deepEqual(
    batches.flatMap(({ gaps }) => gaps.map(({ reason }) => reason)),
    ['sensor_starting', 'sensor_starting'],
  )
})

test('eslogger: one that stays is running though nothing happens', async () => {
  const { time, state } = await sensed()
  await time.advance(2_000)
  equal(state('eslogger.files')?.state, 'running')
})

test('eslogger: of both sets the critical one is handed out first', async () => {
  const { commands, eslogger } = await sensed()
  const iterator = eslogger.batches()
  commands.running('create')[0]?.print(new LineWriter().line('create'))
  commands.running('exec')[0]?.print(new LineWriter().line('exec'))
  const first = await iterator.next()
  equal(first.value?.sensor, 'eslogger.critical')
})

test('eslogger: one that ends is started again, and the time between is told', async () => {
  const { time, commands, eslogger, batches, read, state } = await sensed()
  const first = commands.running('exec')[0]
  first?.print(new LineWriter().line('exec'))
  await time.advance(5_000)
  first?.end({ signal: 'SIGKILL' })
  equal(state()?.state, 'degraded')
  match(state()?.problem?.message ?? '', /SIGKILL/)
  await time.advance(999)
  equal(commands.running('exec').length, 0)
  await time.advance(1)
  const second = commands.running('exec')[0]
  ok(second !== undefined)
  await time.advance(500)
  second.print(new LineWriter().line('exec'))
  equal(state()?.state, 'running')
  equal(state()?.problem, undefined)
  equal(state()?.restarts, 1)
  await time.advance(10)
  await eslogger.stop()
  await read
  const gap = batches
    .flatMap(({ gaps }) => gaps)
    .find(({ reason }) => reason === 'sensor_restarted')
  equal(gap?.from, '2026-03-02T08:30:05.000000000Z')
  equal(gap?.to, '2026-03-02T08:30:06.500000000Z')
})

test('eslogger: without Full Disk Access it says for which program, and asks again', async () => {
  const refused = listing((command) => {
    command.complain('eslogger: ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED\n')
    command.end({ code: 1 })
  })
  const { time, commands, state } = await sensed(refused)
  equal(state()?.state, 'failed')
  equal(state()?.problem?.code, 'full_disk_access_missing')
  equal(state()?.problem?.message, `Full Disk Access missing for ${BINARY}.`)
  const tries = () => commands.started.filter((one) => one.command.args.includes('exec')).length
  equal(tries(), 1)
  // 1, 2, 4, 8, 16, 32 seconds, and then every minute.
  await time.advance(63_000)
  equal(tries(), 7)
  await time.advance(60_000)
  equal(tries(), 8)
  equal(state()?.restarts, 7)
})

test('eslogger: once the permission is there it runs without being told', async () => {
  let granted = false
  const script = listing((command) => {
    if (granted) return
    command.complain('ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED\n')
    command.end({ code: 1 })
  })
  const { time, state } = await sensed(script)
  equal(state()?.state, 'failed')
  granted = true
  await time.advance(3_000)
  equal(state()?.state, 'running')
  equal(state()?.problem, undefined)
})

test('eslogger: one that ends at once for no reason known is a failure of its call', async () => {
  const { state } = await sensed(listing((command) => command.end({ code: 64 })))
  equal(state()?.state, 'failed')
  equal(state()?.problem?.code, 'exits_at_once')
})

test('eslogger: a Mac without it is told', async () => {
  const { state } = await sensed((command) => command.end({ failure: 'not_found' }))
  equal(state()?.state, 'failed')
  equal(state()?.problem?.code, 'eslogger_missing')
})

test('eslogger: a list that is none is told, and asked for again', async () => {
  let works = false
  const script: Script = (command) => {
    if (!isList(command)) return
    if (works) command.print(KNOWN)
    command.end({ code: works ? 0 : 1 })
  }
  const { time, commands, state } = await sensed(script)
  equal(state()?.problem?.code, 'event_list_missing')
  works = true
  await time.advance(1_000)
  equal(commands.running('exec').length, 1)
})

test('eslogger: a set of which macOS knows nothing is told, the other one runs', async () => {
  const subscriptions = [...SUBSCRIPTIONS, { name: 'eslogger.new', events: ['tcc_modify'] }]
  const { time, state } = await sensed(listing(), { subscriptions })
  await time.advance(2_000)
  equal(state('eslogger.new')?.problem?.code, 'events_unknown')
  equal(state('eslogger.files')?.state, 'running')
})

const SILENCE = { afterMs: 60_000, answerMs: 10_000 }

test('eslogger: a silent one is asked for a sign of life, and is well when it gives it', async () => {
  let critical: Parameters<Script>[0] | undefined
  const writer = new LineWriter()
  const script = listing((command) => {
    if (command.command.args.includes('exec')) critical = command
    else if (command.command.path === '/usr/bin/true') {
      critical?.print(writer.line('exec'))
      command.end()
    }
  })
  const { time, commands, state } = await sensed(script, { silence: SILENCE })
  await time.advance(75_000)
  const probes = () => commands.started.filter((one) => one.command.path === '/usr/bin/true').length
  equal(probes(), 1)
  equal(state()?.state, 'running')
  equal(state()?.restarts, 0)
})

test('eslogger: one that gives no sign of life is told of and started again', async () => {
  const { time, commands, state } = await sensed(listing(), { silence: SILENCE })
  const [first] = commands.running('exec')
  await time.advance(72_001)
  equal(first?.stopped, 'stopped')
  equal(state()?.state, 'degraded')
  equal(state()?.problem?.code, 'silent')
  equal(state()?.restarts, 1)
  const [second] = commands.running('exec')
  ok(second !== undefined && second !== first)
  // It stays told until the new one has said something.
  await time.advance(5_000)
  equal(state()?.problem?.code, 'silent')
  second.print(new LineWriter().line('exec'))
  equal(state()?.state, 'running')
  // Quiet files prove nothing: that is told, and nothing is done about it.
  equal(state('eslogger.files')?.problem?.code, 'silent')
  equal(commands.running('create')[0]?.stopped, undefined)
})

test('eslogger: told to restart, it does at once and is not degraded by it', async () => {
  const { time, commands, eslogger, state } = await sensed()
  commands.running('exec')[0]?.print(new LineWriter().line('exec'))
  await time.advance(5_000)
  eslogger.restart('eslogger.critical')
  await time.advance(0)
  await time.advance(0)
  equal(commands.started.filter((one) => one.command.args.includes('exec')).length, 2)
  equal(commands.started.filter((one) => one.command.args.includes('create')).length, 1)
  equal(state()?.state, 'running')
  equal(state()?.restarts, 1)
})

test('eslogger: told to restart while it waits, it does not wait any longer', async () => {
  const { time, commands, eslogger } = await sensed(listing((command) => command.end({ code: 1 })))
  await time.advance(40_000)
  const before = commands.started.length
  eslogger.restart()
  await time.advance(0)
  equal(commands.started.length, before + 2)
})

test('eslogger: whoever joins the process group of a sensor is told of', async () => {
  const { time, commands, state } = await sensed()
  const [critical] = commands.running('exec')
  const [files] = commands.running('create')
  const process = (pid: number) =>
    `{"audit_token":{"pid":${pid},"pidversion":1},"group_id":${files?.pid},` +
    '"executable":{"path":"/private/tmp/ghost"}}'
  const writer = new LineWriter()
  critical?.print(writer.line('exec', { process: process(files?.pid ?? 0) }))
  await time.advance(10)
  equal(state()?.problem, undefined)
  critical?.print(writer.line('fork', { process: process(6_666) }))
  await time.advance(10)
  equal(state()?.state, 'degraded')
  equal(state()?.problem?.code, 'group_joined')
  match(state()?.problem?.message ?? '', /\/private\/tmp\/ghost, pid 6666/)
})

test('eslogger: a reader that is slow costs records, by type and time, and no more', async () => {
  const writer = new LineWriter()
  const lines = Array.from({ length: 1_000 }, () => writer.line('exec'))
  const queueBytesMax = lines.slice(0, 100).join('').length
  const time = new ManualTime()
  const commands = new ScriptedCommands(time, listing())
  const tools = { commands, clock: time, timer: time }
  const options = { binary: BINARY, subscriptions: SUBSCRIPTIONS, limits: { queueBytesMax } }
  const eslogger = new Eslogger(options, tools)
  eslogger.start()
  await time.advance(0)
  commands.running('exec')[0]?.print(lines.join(''))
  const counts = eslogger.counts()['eslogger.critical']
  equal(counts?.received, 1_000)
  ok((counts?.held ?? 0) >= 99 && (counts?.held ?? 0) <= 101)
  equal(counts?.held, 1_000 - (counts?.discarded['queue_full'] ?? 0))
  const { value } = await eslogger.batches().next()
  equal(value?.sensed, 1_000)
  equal(value?.lost, 0)
})

test('eslogger: stopping ends every process, and the batches with them', async () => {
  const { time, commands, eslogger, read } = await sensed()
  await eslogger.stop()
  await read
  ok(commands.started.every(({ isRunning }) => !isRunning))
  await time.advance(600_000)
  ok(commands.started.every(({ isRunning }) => !isRunning))
  equal(time.waiting, 0)
})

test('eslogger: stopping before it was ready starts nothing', async () => {
  const { time, commands, eslogger, read } = await sensed(() => undefined)
  await eslogger.stop()
  await read
  commands.started[0]?.print(KNOWN)
  commands.started[0]?.end()
  await time.advance(60_000)
  equal(commands.started.length, 1)
})
