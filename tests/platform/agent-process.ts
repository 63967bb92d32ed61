/** The real agent in a process of its own, fed by programs that stand in for eslogger. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { AgentStatus } from '@pomona/agent'
import { ROOT } from '../source-tree.ts'
import { hardwareUuidOf } from './mac.ts'
import type { ServerHome } from './server-home.ts'
import { until } from './until.ts'

const HAPPENED_MIN = 50

/** A Mac with an agent on it. */
export interface AgentOptions {
  /** The agent ends with it. */
  readonly context: TestContext
  readonly name: string
  readonly directory: string
  readonly server: Pick<ServerHome, 'agentAddress' | 'token'>
  /** What happens on it: options of the program that stands in for eslogger. */
  readonly eslogger: readonly string[]
  /** More of the agent's configuration. */
  readonly flags?: Readonly<Record<string, string>>
  /** A program with its arguments that runs the agent under itself. */
  readonly under?: readonly string[]
}

/** One start of an agent. */
export class AgentProcess {
  readonly child: ChildProcess
  readonly #directory: string
  #said = ''

  private constructor(child: ChildProcess, directory: string) {
    this.child = child
    this.#directory = directory
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said += text))
  }

  static start(mac: AgentOptions): AgentProcess {
    const { context, name, directory, server, eslogger, flags = {}, under = [] } = mac
    const program = join(import.meta.dirname, 'counted-eslogger.ts')
    const command = [process.execPath, program, witnessFolder(directory), ...eslogger]
    const settings = {
      'server-url': server.agentAddress,
      'enrolment-token': server.token,
      'data-directory': directory,
      'hardware-uuid': hardwareUuidOf(name),
      'host-name': name,
      'eslogger-command': JSON.stringify(command),
      'disk-free-bytes-min': '0',
      'flush-interval-ms': '100',
      // What is sensed is the test's choice, whatever the machine is busy with.
      'cpu-percent-max': '800',
      'memory-bytes-max': String(2 ** 31),
      ...flags,
    }
    const words = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value])
    const main = join(ROOT, 'apps/agent/src/main.ts')
    const whole = [...under, process.execPath, main, ...words]
    const child = spawn(whole[0] ?? '', whole.slice(1), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env },
    })
    const agent = new AgentProcess(child, directory)
    context.after(() => agent.end('SIGKILL'))
    return agent
  }

  /** Everything it logged. */
  get said(): string {
    return this.#said
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** What it says of itself; nothing before it has said anything. */
  status(): AgentStatus | undefined {
    try {
      const text = readFileSync(join(this.#directory, 'status.json'), 'utf8')
      const status = AgentStatus.parse(JSON.parse(text))
      return status.pid === this.child.pid ? status : undefined
    } catch {
      return undefined // Not there yet.
    }
  }

  /** Waits until it is enrolled and runs. */
  async running(): Promise<void> {
    await until('the agent runs', () => {
      if (this.hasEnded) throw new Error(`the agent ended as it began: ${this.#said}`)
      return this.#said.includes('The agent runs.')
    })
  }

  /** Waits until something happens on the Mac while it runs. */
  async sensing(): Promise<void> {
    await this.running()
    const before = happened(this.#directory)
    await until('something happens', () => happened(this.#directory) > before + HAPPENED_MIN)
  }

  async until(what: string, condition: (status: AgentStatus) => boolean): Promise<void> {
    try {
      await until(`the agent ${what}`, () => {
        if (this.hasEnded) throw new Error(`the agent ended before it ${what}`)
        const status = this.status()
        return status !== undefined && condition(status)
      })
    } catch (error) {
      const said = `${JSON.stringify(this.status())}\n${this.#said}`
      throw new Error(`${String(error)}; it said: ${said}`, { cause: error })
    }
  }

  /** Sends a signal. @returns The exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | string> {
    if (!this.hasEnded) {
      const exited = once(this.child, 'exit')
      this.child.kill(signal)
      await exited
    }
    return this.child.exitCode ?? this.child.signalCode ?? 'gone'
  }
}

function witnessFolder(directory: string): string {
  return `${directory}-witness`
}

/** Records that happened on a Mac. */
export function happened(directory: string): number {
  return [...witnessed(directory).values()].reduce((a, b) => a + b, 0)
}

/** Records that happened on a Mac by type, as the programs testify that told the agent of them. */
export function witnessed(directory: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  const folder = witnessFolder(directory)
  if (!existsSync(folder)) return sums
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
    // As counted-eslogger.ts writes it.
    const counts = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, number>
    for (const [type, count] of Object.entries(counts)) {
      sums.set(type, (sums.get(type) ?? 0) + count)
    }
  }
  return sums
}
