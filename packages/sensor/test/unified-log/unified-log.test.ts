import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { type SensedBatch, UnifiedLog, type UnifiedLogRecord } from '@pomona/sensor'
import { ManualTime, ScriptedCommands } from '@pomona/sensor/testing'
import { BANNER, logLine, TCCD } from './lines.ts'

const SUDO = 'maya : TTY=ttys002 ; PWD=/Users/maya ; USER=root ; COMMAND=/usr/bin/id'
const sudo = `${logLine({ process: '/usr/bin/sudo', message: SUDO })}\n`
const chatter = `${logLine({ process: TCCD, message: 'chatter' })}\n`

async function opened(options: ConstructorParameters<typeof UnifiedLog>[0] = {}) {
  const time = new ManualTime()
  const commands = new ScriptedCommands(time)
  const log = new UnifiedLog(options, { commands, clock: time, timer: time })
  log.start()
  await time.advance(0)
  const batches: SensedBatch<UnifiedLogRecord>[] = []
  const read = async () => {
    for await (const batch of log.batches()) batches.push(batch)
  }
  return { time, commands, log, batches, read }
}

test('unified log: one command asks for everything, as a stream of JSON', async () => {
  const { commands } = await opened()
  equal(commands.started.length, 1)
  const { path, args } = commands.started[0]?.command ?? { path: '', args: [] }
  equal(path, '/usr/bin/log')
  deepEqual(args.slice(0, 3), ['stream', '--style', 'ndjson'])
  for (const name of ['syspolicyd', 'tccd', 'sudo', 'sshd', 'XProtect', 'mDNSResponder']) {
    ok(args.at(-1)?.includes(`"${name}"`), name)
  }
  equal((args.at(-1)?.match(/"/g)?.length ?? 1) % 2, 0)
})

test('unified log: batches say of everything what became of it', async () => {
  const { time, commands, log, batches, read } = await opened()
  const done = read()
  commands.started[0]?.print(`${BANNER}\n${sudo}${chatter}nonsense\n${sudo}`)
  await time.advance(10)
  await log.stop()
  await done
  const records = batches.flatMap((batch) => batch.records)
  deepEqual(
    records.map(({ sequence }) => sequence),
    [0, 1],
  )
  const [batch] = batches
  deepEqual(batch?.filtered, { form_unknown: 1 })
  deepEqual(batch?.refused, { syntax: 1 })
  equal(batch?.sensed, 4)
  const counts = log.counts()['unified_log']
  deepEqual(
    { received: counts?.received, sent: counts?.sent, held: counts?.held },
    {
      received: 4,
      sent: 2,
      held: 0,
    },
  )
})

test('unified log: without room records are dropped and counted by kind', async () => {
  const { commands, log } = await opened({ queueBytesMax: 10 })
  commands.started[0]?.print(sudo + sudo + sudo)
  const { value } = await log.batches().next()
  equal(value?.records.length, 1)
  equal(value?.sensed, 3)
  deepEqual(
    value?.dropped.map(({ type, count }: { type: string; count: number }) => [type, count]),
    [['sudo', 2]],
  )
})

test('unified log: one that ends is started again, and says so', async () => {
  const { time, commands, log, batches, read } = await opened()
  void read()
  commands.started[0]?.print(sudo)
  await time.advance(5_000)
  commands.started[0]?.end({ code: 1 })
  equal(log.health()[0]?.state, 'degraded')
  await time.advance(1_000)
  commands.started[1]?.print(sudo)
  await time.advance(10)
  equal(log.health()[0]?.state, 'running')
  equal(log.health()[0]?.restarts, 1)
  const reasons = batches.flatMap(({ gaps }) => gaps.map(({ reason }) => reason))
  deepEqual(reasons, ['sensor_starting', 'sensor_restarted'])
  await log.stop()
})

test('unified log: a predicate that macOS does not take is told', async () => {
  const { commands, log } = await opened()
  commands.started[0]?.complain('log: Bad predicate (Unable to parse the format string)\n')
  commands.started[0]?.end({ code: 64 })
  equal(log.health()[0]?.state, 'failed')
  equal(log.health()[0]?.problem?.code, 'log_unusable')
  await log.stop()
})
