import { deepEqual, match, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { ManualTime, ScriptedCommands } from '@pomona/sensor/testing'
import { machineFacts } from '../src/host-facts.ts'

const IOREG = `+-o J314sAP  <class IOPlatformExpertDevice, id 0x100000110, registered, matched>
    {
      "IOPlatformSerialNumber" = "XXXXXXXXXX"
      "IOPlatformUUID" = "1A2B3C4D-5E6F-5A7B-8C9D-0E1F2A3B4C5D"
      "target-type" = <"J314s">
    }
`

function mac(answers: Readonly<Record<string, string>>) {
  const time = new ManualTime()
  const commands = new ScriptedCommands(time, (program) => {
    program.print(answers[program.command.path] ?? '')
    program.end()
  })
  return { tools: { commands, timer: time }, version: '1.2.3', platform: 'darwin' }
}

const ANSWERS = {
  '/usr/sbin/ioreg': IOREG,
  '/usr/sbin/sysctl': '9F8E7D6C-5B4A-4392-8170-615243342516\n',
  '/usr/bin/sw_vers': '26.1\n',
}

test('facts: a Mac says who it is, which boot this is and which macOS runs', async () => {
  const { hardwareUuid, bootId, host } = await machineFacts(mac(ANSWERS))
  deepEqual(
    [hardwareUuid, bootId],
    ['1A2B3C4D-5E6F-5A7B-8C9D-0E1F2A3B4C5D', '9F8E7D6C-5B4A-4392-8170-615243342516'],
  )
  deepEqual([host.os_version, host.agent_version], ['26.1', '1.2.3'])
  ok(host.name.length > 0)
})

test('facts: a version that is none is left out', async () => {
  const { host } = await machineFacts(mac({ ...ANSWERS, '/usr/bin/sw_vers': 'no such thing\n' }))
  ok(!('os_version' in host))
})

for (const path of ['/usr/sbin/ioreg', '/usr/sbin/sysctl']) {
  test(`facts: without ${path} nobody knows who this is, and nothing is made up`, async () => {
    await rejects(machineFacts(mac({ ...ANSWERS, [path]: 'error\n' })), /does not say what it is/)
  })
}

test(
  'facts: the machine of the tests has an identity as well',
  { skip: process.platform !== 'linux' && 'not Linux' },
  async () => {
    const { bootId, host } = await machineFacts({ ...mac({}), platform: 'linux' })
    match(bootId, /^[0-9A-F-]{36}$/)
    // A bare number would be taken for a version of macOS.
    match(host.os_version ?? '', /^Linux \d/)
  },
)
