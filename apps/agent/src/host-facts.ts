import { readFile } from 'node:fs/promises'
import { arch, hostname, release } from 'node:os'
import { runCommand, type RunTools } from '@pomona/sensor'
import type { HostDescription } from '@pomona/schema'

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
 * @throws Error when the machine does not say who it is.
 */
export async function machineFacts({
  tools,
  version,
  platform,
}: FactSources): Promise<MachineFacts> {
  return platform === 'darwin' ? macFacts(tools, version) : linuxFacts(version)
}

async function macFacts(tools: RunTools, agentVersion: string): Promise<MachineFacts> {
  const textOf = async (path: string, ...args: string[]): Promise<string> => {
    const { stdout } = await runCommand(tools, { path, args })
    return Buffer.from(stdout).toString('utf8')
  }
  const hardware = await textOf('/usr/sbin/ioreg', '-rd1', '-c', 'IOPlatformExpertDevice')
  const boot = await textOf('/usr/sbin/sysctl', '-n', 'kern.bootsessionuuid')
  const version = (await textOf('/usr/bin/sw_vers', '-productVersion')).trim()
  return {
    hardwareUuid: demand(uuidAfter(hardware, 'IOPlatformUUID'), 'ioreg names no IOPlatformUUID'),
    bootId: demand(uuidAfter(boot, ''), 'sysctl names no kern.bootsessionuuid'),
    host: {
      name: hostName(),
      ...(VERSION.test(version) ? { os_version: version } : {}),
      architecture: arch() === 'x64' ? 'x86_64' : arch(),
      agent_version: agentVersion,
    },
  }
}

async function linuxFacts(agentVersion: string): Promise<MachineFacts> {
  const machine = (await readFile('/etc/machine-id', 'utf8')).trim()
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
  const uuid = machine.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return {
    hardwareUuid: demand(uuidAfter(uuid, ''), '/etc/machine-id is no machine id'),
    bootId: demand(uuidAfter(boot, ''), 'the kernel names no boot id'),
    host: {
      name: hostName(),
      os_version: release().slice(0, 64),
      architecture: arch() === 'x64' ? 'x86_64' : arch(),
      agent_version: agentVersion,
    },
  }
}

/** The first UUID after a word. */
function uuidAfter(text: string, word: string): string | undefined {
  const at = text.indexOf(word)
  return at < 0 ? undefined : UUID.exec(text.slice(at))?.[0].toUpperCase()
}

function demand(value: string | undefined, otherwise: string): string {
  if (value === undefined) throw new Error(`This machine does not say what it is: ${otherwise}.`)
  return value
}
