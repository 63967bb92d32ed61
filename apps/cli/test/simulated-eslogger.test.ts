import { deepEqual, equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  type Commands,
  Eslogger,
  type EsloggerOptions,
  type SensedBatch,
  SYSTEM_TIMER,
  systemCommands,
} from '@pomona/sensor'

// The program itself, under the supervisor that runs eslogger on a Mac.
const STAND_IN = join(import.meta.dirname, '..', 'src', 'simulated-eslogger.ts')
const CLOCK = {
  nowNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicNs: () => process.hrtime.bigint(),
}
const COMMANDS = systemCommands({ clock: CLOCK, timer: SYSTEM_TIMER })

const LIMIT = { timeout: 60_000 }

function supervised(
  context: TestContext,
  args: readonly string[],
  options: Partial<EsloggerOptions> = {},
) {
  const command = { path: process.execPath, args: [STAND_IN, ...args] }
  const pids: number[] = []
  const commands: Commands = {
    start(command, handlers) {
      const running = COMMANDS.start(command, handlers)
      if (!command.args.includes('--list-events')) pids.push(running.pid ?? 0)
      return running
    },
  }
  const tools = { commands, clock: CLOCK, timer: SYSTEM_TIMER }
  const eslogger = new Eslogger({ command, binary: STAND_IN, silence: null, ...options }, tools)
  context.after(() => eslogger.stop())
  eslogger.start()
  const batches: SensedBatch[] = []
  /** Reads on until it holds. */
  const until = async (holds: () => boolean): Promise<void> => {
    const iterator = eslogger.batches()
    while (!holds()) {
      const { value } = await iterator.next()
      if (value !== undefined) batches.push(value)
    }
  }
  const records = () => batches.flatMap((batch) => batch.records)
  return { eslogger, batches, records, until, pids }
}

const PACED = ['--benign', '--seed', 'stand-in', '--rate', '0']

test('stand-in: both sets are sensed, whole and in order', LIMIT, async (context) => {
  const { eslogger, batches, records, until } = supervised(context, [...PACED, '--count', '2000'])
  await until(() => records().length === 4_000)
  const numbers = (sensor: string) =>
    batches
      .filter((batch) => batch.sensor === sensor)
      .flatMap((batch) => batch.records.map(({ value }) => value['global_seq_num']))
  const whole = Array.from({ length: 2_000 }, (_, index) => index)
  deepEqual(numbers('eslogger.critical'), whole)
  deepEqual(numbers('eslogger.files'), whole)
  for (const { state, lost, problem } of eslogger.health()) {
    deepEqual({ state, lost, problem }, { state: 'running', lost: 0, problem: undefined })
  }
})

test(
  'stand-in: what is lost on the way is counted, exactly and by type',
  LIMIT,
  async (context) => {
    const args = [...PACED, '--count', '3000', '--lose-every', '7']
    const { eslogger, records, until } = supervised(context, args)
    // 428 of 3,000 are lost in each; the last of them leaves its gap before what follows it.
    await until(() => records().length === 2 * (3_000 - 428))
    for (const { lost, lost_by_type: byType } of eslogger.health()) {
      equal(lost, 428)
      const sum = Object.values(byType).reduce((total, count) => total + count, 0)
      ok(sum <= 428 && sum > 400, `${sum} by type`)
    }
  },
)

test('stand-in: one that is killed is started again and goes on', LIMIT, async (context) => {
  const backoff = { delayMsMin: 50 }
  const args = ['--benign', '--seed', 's', '--rate', '200']
  const { eslogger, batches, until, pids } = supervised(context, args, { backoff })
  await until(() => batches.some(({ sensor }) => sensor === 'eslogger.critical'))
  equal(pids.length, 2)
  process.kill(pids[0] ?? 0, 'SIGKILL')
  await until(() =>
    batches.some(({ gaps }) => gaps.some((gap) => gap.reason === 'sensor_restarted')),
  )
  deepEqual(
    eslogger.health().map(({ restarts }) => restarts),
    [1, 0],
  )
})

test('stand-in: it fails as eslogger does without Full Disk Access', LIMIT, async (context) => {
  const { eslogger } = supervised(context, ['--fail', 'NOT_PERMITTED'])
  for (;;) {
    const problems = eslogger.health().map(({ problem }) => problem?.code)
    if (problems.every((code) => code === 'full_disk_access_missing')) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
})
