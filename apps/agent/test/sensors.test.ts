import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { Normalizer } from '@pomona/normalize'
import { TENANT_DEFAULT } from '@pomona/schema'
import { ESLOGGER, KEEP_EVERYTHING } from '@pomona/sensor'
import { ManualTime, ScriptedCommands } from '@pomona/sensor/testing'
import { AgentError } from '../src/errors.ts'
import { agentSources, commandOf } from '../src/sensors.ts'

const time = new ManualTime()
const options = {
  tools: { commands: new ScriptedCommands(time), clock: time, timer: time },
  normalizer: new Normalizer({
    ...{ tenantId: TENANT_DEFAULT, host: { id: 'h', name: 'h' }, bootId: 'b', sensor: 's' },
  }),
  filter: KEEP_EVERYTHING,
  esloggerCommand: '/usr/bin/eslogger',
  fileFacts: undefined,
}

const namesOf = (sensors: string) =>
  agentSources({ ...options, sensors }).flatMap(({ sensor }) =>
    sensor.health().map(({ sensor: name }) => name),
  )

test('sensors: those that are named are made, in their order', () => {
  deepEqual(namesOf('eslogger'), ['eslogger.critical', 'eslogger.files'])
  deepEqual(namesOf('network, unified_log'), ['network', 'unified_log'])
})

test('sensors: an unknown name is refused with those that there are', () => {
  throws(
    () => namesOf('eslogger,kext'),
    (error) =>
      error instanceof AgentError &&
      error.code === 'ERR_AGENT_SENSOR' &&
      /there are eslogger, unified_log, network/.test(error.message),
  )
})

test('sensors: a command is a path, or a list of a program and its first arguments', () => {
  deepEqual(commandOf('/opt/eslogger', ESLOGGER), { path: '/opt/eslogger', args: [] })
  deepEqual(commandOf('["/bin/node","a b.ts"]', ESLOGGER), { path: '/bin/node', args: ['a b.ts'] })
  for (const wrong of ['[', '[]', '[1]', '["/bin/node",2]']) {
    throws(
      () => commandOf(wrong, ESLOGGER),
      (error) => error instanceof AgentError && error.code === 'ERR_AGENT_COMMAND',
    )
  }
  equal(commandOf('/usr/bin/eslogger', ESLOGGER).path, ESLOGGER.path)
})
