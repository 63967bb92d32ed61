import { type CommandLine, howEnded } from '../command/command.ts'
import { runCommand, type RunTools } from '../command/run.ts'
import type { PostureFact, PostureLook, PostureProbe } from './collector.ts'

/*
 * What the commands print, in English:
 *
 *   csrutil status                    System Integrity Protection status: enabled.
 *   csrutil authenticated-root status Authenticated Root status: enabled
 *   spctl --status                    assessments enabled
 *   fdesetup status                   FileVault is On.
 *   socketfilterfw --getglobalstate   Firewall is enabled. (State = 1)
 *   profiles status -type enrollment  Enrolled via DEP: No
 *                                     MDM enrollment: Yes (User Approved)
 *   sw_vers                           ProductVersion:\t\t26.1
 *                                     BuildVersion:\t\t25B78
 *
 * A form that is not known is told as that: nothing is concluded from the lack of a word.
 */

type Value = PostureFact['value']

interface Fact {
  readonly name: string
  readonly pattern: RegExp
  /** What the first group of the pattern says. Default: its text. */
  readonly value?: (said: string) => Value
}

interface MacProbe {
  readonly name: string
  readonly command: CommandLine
  readonly facts: readonly Fact[]
}

const isEnabled = (said: string): Value => said === 'enabled'
const isOn = (said: string): Value => said === 'On'
const isYes = (said: string): Value => said === 'Yes'
// `unknown (Custom Configuration)`: some of its parts are off.
const sipStatus = (said: string): Value => (said.startsWith('unknown') ? 'custom' : said)

const FIREWALL = '/usr/libexec/ApplicationFirewall/socketfilterfw'

const MAC_PROBES: readonly MacProbe[] = [
  {
    name: 'system',
    command: { path: '/usr/bin/sw_vers', args: [] },
    facts: [
      { name: 'system.version', pattern: /^ProductVersion:\s+([\d.]{1,32})$/m },
      { name: 'system.build', pattern: /^BuildVersion:\s+(\w{1,32})$/m },
    ],
  },
  {
    name: 'sip',
    command: { path: '/usr/bin/csrutil', args: ['status'] },
    facts: [
      {
        name: 'sip.status',
        pattern: /^System Integrity Protection status: (enabled|disabled|unknown\b)/m,
        value: sipStatus,
      },
    ],
  },
  {
    name: 'sealed_system',
    command: { path: '/usr/bin/csrutil', args: ['authenticated-root', 'status'] },
    facts: [
      {
        name: 'sealed_system.enabled',
        pattern: /^Authenticated Root status: (enabled|disabled)\b/m,
        value: isEnabled,
      },
    ],
  },
  {
    name: 'gatekeeper',
    command: { path: '/usr/sbin/spctl', args: ['--status'] },
    facts: [
      {
        name: 'gatekeeper.enabled',
        pattern: /^assessments (enabled|disabled)$/m,
        value: isEnabled,
      },
    ],
  },
  {
    name: 'filevault',
    command: { path: '/usr/bin/fdesetup', args: ['status'] },
    facts: [{ name: 'filevault.on', pattern: /^FileVault is (On|Off)\b/m, value: isOn }],
  },
  {
    name: 'firewall',
    command: { path: FIREWALL, args: ['--getglobalstate'] },
    facts: [
      {
        name: 'firewall.enabled',
        pattern: /^Firewall is (enabled|disabled)\b/m,
        value: isEnabled,
      },
    ],
  },
  {
    name: 'management',
    command: { path: '/usr/bin/profiles', args: ['status', '-type', 'enrollment'] },
    facts: [
      { name: 'management.by_dep', pattern: /^Enrolled via DEP: (Yes|No)\b/m, value: isYes },
      { name: 'management.enrolled', pattern: /^MDM enrollment: (Yes|No)\b/m, value: isYes },
    ],
  },
]

const LIMITS = { timeoutMs: 20_000, stdoutBytesMax: 64 * 1024 }
const SHOWN_MAX = 200

/**
 * Looks at the mechanisms whose state a command of macOS prints. Where there is no such command the
 * look has failed as `not_available`, where it prints something else as `form_unknown`.
 */
export function macProbes(tools: RunTools): readonly PostureProbe[] {
  return MAC_PROBES.map((probe) => ({
    name: probe.name,
    look: async () => look(probe, tools),
  }))
}

async function look({ command, facts }: MacProbe, tools: RunTools): Promise<PostureLook> {
  const { end, stdout, stderr } = await runCommand(tools, command, LIMITS)
  const source = [command.path, ...command.args].join(' ')
  if (end.failure === 'not_found') {
    return { ok: false, code: 'not_available', message: `${command.path} is not on this machine.` }
  }
  // spctl ends with 1 when it says "disabled", and some say what they say on stderr.
  const said = `${Buffer.from(stdout).toString('utf8')}\n${stderr}`
  const found = facts.flatMap(({ name, pattern, value }): readonly PostureFact[] => {
    const text = pattern.exec(said)?.[1]
    return text === undefined ? [] : [{ name, value: value?.(text) ?? text, source }]
  })
  if (found.length > 0 && end.stop === undefined) return { ok: true, facts: found }
  if (end.failure !== undefined || end.stop !== undefined || end.code !== 0) {
    const words = stderr.trim().slice(0, SHOWN_MAX)
    const message = `${source} did not work (${howEnded(end)})${words === '' ? '.' : `: ${words}`}`
    return { ok: false, code: 'command_failed', message }
  }
  const message = `${source} printed what nobody knows here: ${said.trim().slice(0, SHOWN_MAX)}`
  return { ok: false, code: 'form_unknown', message }
}
