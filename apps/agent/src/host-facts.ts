import { readFile } from 'node:fs/promises'
import { arch, hostname, release as kernel } from 'node:os'
import { runCommand, type RunTools } from '@pomona/sensor'
import type { HostDescription } from '@pomona/schema'
import { AgentError, codeOf } from './errors.ts'

/** What is known of the machine before anything is sensed. */
export interface MachineFacts {
  /** Identity of the hardware, by which a Mac that enrols again keeps its history. */
  readonly hardwareUuid: string
  /** Identity of this boot. */
  readonly bootId: string
  readonly host: Omit<HostDescription, 'id'>
}

/** Whom to ask. */
export interface FactSources {
  readonly tools: RunTools
  /** Version of the agent. */
  readonly version: string
  /** As Node names it. */
  readonly platform: string
  /** Goes over what the machine says. */
  readonly hardwareUuid?: string
}

const UUID = /[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}/
const VERSION = /^\d+(?:\.\d+){0,3}$/
const NAME_MAX = 255

/** The name people know the machine by, without the domain. */
function hostName(): string {
  return (
    hostname()
      .replace(/\.local$/i, '')
      .slice(0, NAME_MAX) || 'unnamed'
  )
}

/**
 * What this machine is: of a Mac by `ioreg`, `sysctl` and `sw_vers`, of a Linux machine, where the
 * agent runs in tests and demonstrations, by its own files.
 *
 * @throws AgentError ERR_AGENT_MACHINE when the machine does not say who it is.
 */
export async function machineFacts(sources: FactSources): Promise<MachineFacts> {
  return sources.platform === 'darwin' ? macFacts(sources) : linuxFacts(sources)
}

async function macFacts({ tools, version, hardwareUuid }: FactSources): Promise<MachineFacts> {
  const said = async (path: string, ...args: string[]): Promise<string> => {
    const { stdout } = await runCommand(tools, { path, args })
    return Buffer.from(stdout).toString('utf8')
  }
  const hardware = await said('/usr/sbin/ioreg', '-rd1', '-c', 'IOPlatformExpertDevice')
  const boot = await said('/usr/sbin/sysctl', '-n', 'kern.bootsessionuuid')
  const release = (await said('/usr/bin/sw_vers', '-productVersion')).trim()
  return {
    hardwareUuid:
      hardwareUuid ??
      demand(uuidAfter(hardware, 'IOPlatformUUID'), 'ioreg names no IOPlatformUUID'),
    bootId: demand(uuidAfter(boot, ''), 'sysctl names no kern.bootsessionuuid'),
    host: {
      name: hostName(),
      ...(VERSION.test(release) ? { os_version: release } : {}),
      architecture: arch() === 'x64' ? 'x86_64' : arch(),
      agent_version: version,
    },
  }
}

async function linuxFacts({ version, hardwareUuid }: FactSources): Promise<MachineFacts> {
  const machine = (await textOf('/etc/machine-id')).trim()
  const boot = await textOf('/proc/sys/kernel/random/boot_id')
  const uuid = machine.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return {
    hardwareUuid: hardwareUuid ?? demand(uuidAfter(uuid, ''), '/etc/machine-id is no machine id'),
    bootId: demand(uuidAfter(boot, ''), 'the kernel names no boot id'),
    host: {
      name: hostName(),
      os_version: `Linux ${kernel()}`.slice(0, 64),
      architecture: arch() === 'x64' ? 'x86_64' : arch(),
      agent_version: version,
    },
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  }
}

/** The first UUID after a word. */
function uuidAfter(text: string, word: string): string | undefined {
  const at = text.indexOf(word)
  return at < 0 ? undefined : UUID.exec(text.slice(at))?.[0].toUpperCase()
}

function demand(value: string | undefined, otherwise: string): string {
  if (value === undefined) {
    throw new AgentError('ERR_AGENT_MACHINE', `This machine does not say what it is: ${otherwise}.`)
  }
  return value
}
