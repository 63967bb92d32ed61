import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { macProbes, type PostureLook } from '@pomona/sensor'
import { ManualTime, type Script, ScriptedCommands } from '@pomona/sensor/testing'

/** Looks with commands that print what a test says, by the name of the program. */
async function looks(said: Readonly<Record<string, Script>>) {
  const time = new ManualTime()
  const commands = new ScriptedCommands(time, (command) => {
    const { path, args } = command.command
    const words = [path.split('/').at(-1), ...args].join(' ')
    const script = said[words]
    if (script === undefined) command.end({ failure: 'not_found' })
    else script(command)
  })
  const found: Record<string, PostureLook> = {}
  for (const probe of macProbes({ commands, timer: time })) found[probe.name] = await probe.look()
  return found
}

const prints =
  (text: string, code = 0): Script =>
  (command) => {
    command.print(text)
    command.end({ code })
  }

const factsOf = (look: PostureLook | undefined) =>
  look?.ok === true ? look.facts.map(({ name, value }) => [name, value]) : look

// As Apple's manual pages and published captures show them.
const cases = [
  {
    command: 'sw_vers',
    printed: 'ProductName:\t\tmacOS\nProductVersion:\t\t26.1\nBuildVersion:\t\t25B78\n',
    name: 'system',
    facts: [
      ['system.version', '26.1'],
      ['system.build', '25B78'],
    ],
  },
  ...(['enabled', 'disabled'] as const).map((word) => ({
    command: 'csrutil status',
    printed: `System Integrity Protection status: ${word}.\n`,
    name: 'sip',
    facts: [['sip.status', word]],
  })),
  {
    command: 'csrutil status',
    printed:
      'System Integrity Protection status: unknown (Custom Configuration).\n\nConfiguration:\n' +
      '\tApple Internal: disabled\n\tKext Signing: enabled\n',
    name: 'sip',
    facts: [['sip.status', 'custom']],
  },
  {
    command: 'csrutil authenticated-root status',
    printed: 'Authenticated Root status: enabled\n',
    name: 'sealed_system',
    facts: [['sealed_system.enabled', true]],
  },
  {
    command: 'spctl --status',
    printed: 'assessments disabled\n',
    code: 1,
    name: 'gatekeeper',
    facts: [['gatekeeper.enabled', false]],
  },
  {
    command: 'fdesetup status',
    printed: 'FileVault is On.\nEncryption in progress: Percent completed = 12\n',
    name: 'filevault',
    facts: [['filevault.on', true]],
  },
  {
    command: 'socketfilterfw --getglobalstate',
    printed: 'Firewall is disabled. (State = 0)\n',
    name: 'firewall',
    facts: [['firewall.enabled', false]],
  },
  {
    command: 'profiles status -type enrollment',
    printed: 'Enrolled via DEP: No\nMDM enrollment: Yes (User Approved)\n',
    name: 'management',
    facts: [
      ['management.by_dep', false],
      ['management.enrolled', true],
    ],
  },
]
for (const { command, printed, code = 0, name, facts } of cases) {
  test(`posture: ${command} says ${JSON.stringify(facts)}`, async () => {
    deepEqual(factsOf((await looks({ [command]: prints(printed, code) }))[name]), facts)
  })
}

test('posture: where a command is not there its mechanism is not available, and no more is said', async () => {
  for (const look of Object.values(await looks({}))) {
    equal(look.ok === false && look.code, 'not_available')
  }
})

test('posture: a form that is not known is told and not guessed', async () => {
  const { sip } = await looks({ 'csrutil status': prints('Status de la protection : activé.\n') })
  equal(sip?.ok === false && sip.code, 'form_unknown')
  match(sip?.ok === false ? sip.message : '', /activé/)
})

test('posture: a command that fails is told with what it says', async () => {
  const { filevault } = await looks({
    'fdesetup status': (command) => {
      command.complain('Error: root is needed.\n')
      command.end({ code: 11 })
    },
  })
  deepEqual(filevault, {
    ...{ ok: false, code: 'command_failed' },
    message: '/usr/bin/fdesetup status did not work (exit code 11): Error: root is needed.',
  })
})
