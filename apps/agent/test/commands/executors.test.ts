import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandAction } from '@pomona/schema'
import { commandExecutors, type CommandSurface } from '../../src/commands/executors.ts'

const SIGNAL = new AbortController().signal

function executors(posture: Readonly<Record<string, unknown>> = { sip: 'enabled' }) {
  const did: string[] = []
  const surface: CommandSurface = {
    collectPosture: () => Promise.resolve(posture),
    restartSensor(sensor) {
      did.push(`restart ${sensor}`)
      return Promise.resolve(sensor === 'eslogger')
    },
    setLogLevel: (level) => void did.push(`log ${level}`),
  }
  return { made: commandExecutors(surface), did }
}

interface Case {
  readonly name: string
  readonly action: CommandAction
  readonly parameters: Readonly<Record<string, string>>
  readonly want: string
  readonly did?: readonly string[]
}

const cases: readonly Case[] = [
  { name: 'a ping', action: 'ping', parameters: {}, want: 'done' },
  { name: 'a posture', action: 'collect_posture', parameters: {}, want: 'done' },
  {
    name: 'a sensor there is',
    action: 'restart_sensor',
    parameters: { sensor: 'eslogger' },
    want: 'done',
    did: ['restart eslogger'],
  },
  {
    name: 'a sensor there is not',
    action: 'restart_sensor',
    parameters: { sensor: 'x' },
    want: 'sensor_unknown',
    did: ['restart x'],
  },
  {
    name: 'no sensor',
    action: 'restart_sensor',
    parameters: {},
    want: 'parameter_missing',
  },
  {
    name: 'a level',
    action: 'set_log_level',
    parameters: { level: 'debug' },
    want: 'done',
    did: ['log debug'],
  },
  {
    name: 'a level that is none',
    action: 'set_log_level',
    parameters: { level: 'everything' },
    want: 'parameter_invalid',
  },
]
for (const { name, action, parameters, want, did = [] } of cases) {
  test(`executors: ${name} ends as ${want}`, async () => {
    const place = executors()
    const outcome = await place.made[action](parameters, SIGNAL)
    equal(outcome.state === 'done' ? 'done' : outcome.code, want)
    deepEqual(place.did, did)
  })
}

test('executors: a posture is the result', async () => {
  const outcome = await executors().made.collect_posture({}, SIGNAL)
  deepEqual(outcome, { state: 'done', result: { sip: 'enabled' } })
})

test('executors: a result that is too large fails and says how large', async () => {
  const large = executors({ text: 'x'.repeat(600_000) })
  const outcome = await large.made.collect_posture({}, SIGNAL)
  equal(outcome.state, 'failed')
  match(outcome.state === 'failed' ? outcome.message : '', /600\d\d\d bytes/)
})
