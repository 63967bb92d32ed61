/** The server of one data directory, across its deaths: its ports stay the same. */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { fieldValue } from '@pomona/schema'
import { Analyst } from './analyst.ts'
import {
  childrenOf,
  freePort,
  killHard,
  type ServerExtras,
  type ServerProcess,
  startServerProcess,
  stopServerProcess,
} from './server-process.ts'
import { until } from './until.ts'

export class ServerHome {
  readonly directory: string
  readonly port: number
  readonly agentPort: number
  #process: ServerProcess | undefined
  #analyst: Analyst | undefined
  #token = ''

  private constructor(directory: string, port: number, agentPort: number) {
    this.directory = directory
    this.port = port
    this.agentPort = agentPort
  }

  /** Finds ports, starts the server for the first time and signs in. It ends with the test. */
  static async open(
    context: Pick<TestContext, 'after'>,
    directory: string,
    extras: ServerExtras = {},
  ): Promise<ServerHome> {
    const home = new ServerHome(directory, await freePort(), await freePort())
    context.after(async () => {
      if (home.#process !== undefined) await killHard(home.#process.child)
    })
    const first = await home.start(extras)
    home.#token = first.enrolmentToken ?? ''
    home.#analyst = await Analyst.firstRun(first.firstRunLink ?? '')
    return home
  }

  /** By which ten Macs can enrol. */
  get token(): string {
    return this.#token
  }

  get agentAddress(): string {
    return `https://localhost:${this.agentPort}`
  }

  /** What {@link Courier} needs. */
  get door(): Pick<ServerProcess, 'agentAddress' | 'enrolmentToken'> {
    return { agentAddress: this.agentAddress, enrolmentToken: this.#token }
  }

  get analyst(): Analyst {
    if (this.#analyst === undefined) throw new Error('nobody has signed in')
    return this.#analyst
  }

  /** The process that runs now. */
  get process(): ServerProcess {
    if (this.#process === undefined) throw new Error('the server was never started')
    return this.#process
  }

  async start(extras: ServerExtras = {}): Promise<ServerProcess> {
    const given = { agentPort: this.agentPort, ...extras }
    this.#process = await startServerProcess(this.directory, this.port, given)
    return this.#process
  }

  async kill(): Promise<void> {
    await killHard(this.process.child)
  }

  /** Starts it and kills it again after so long, whether it answers by then or not. */
  async killStarting(afterMs: number): Promise<void> {
    const spawned = Promise.withResolvers<ChildProcess>()
    const started = this.start({ onSpawn: spawned.resolve }).catch(() => undefined)
    const child = await spawned.promise
    await sleep(afterMs)
    await killHard(child)
    await started
  }

  /** Makes a token for more Macs than the first one is for. */
  async tokenFor(macs: number): Promise<string> {
    const wish = { label: 'test', uses_max: macs }
    const made = await this.analyst.post('/api/v1/enrolment-tokens', wish)
    this.#token = String(made['token'])
    return this.#token
  }

  /** Kills the projector; waits for one that is just being started. Linux only. */
  async killProjector(): Promise<void> {
    await until('the server has a projector', () => {
      const [projector] = childrenOf(this.process.child.pid ?? 0)
      if (projector === undefined) return false
      process.kill(projector, 'SIGKILL')
      return true
    })
  }

  async stop(): Promise<void> {
    await stopServerProcess(this.process)
  }

  /** Waits until engine and projector have read the whole log. */
  async settled(): Promise<void> {
    let health: unknown
    const isSettled = async (): Promise<boolean> => {
      health = await this.analyst.get('/api/v1/health/pipeline')
      const offset = (name: string) => fieldValue(health, ['lag', name])
      const end = offset('log_end')
      return offset('engine_offset') === end && offset('projector_offset') === end
    }
    await until('the whole log is read', isSettled).catch((error: unknown) => {
      throw new Error(`still behind: ${JSON.stringify(health)}`, { cause: error })
    })
  }
}
