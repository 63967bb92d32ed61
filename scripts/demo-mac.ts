/** One Mac of the demo: the real agent, reading a program that stands in for eslogger. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { deriveId } from '../packages/schema/src/index.ts'

const ROOT = join(import.meta.dirname, '..')
const STOP_MS = 10_000

/** What a Mac of the demo is made of. */
export interface DemoMacOptions {
  readonly name: string
  readonly folder: string
  /** Address of the server's port for agents. */
  readonly server: URL
  readonly enrolmentToken: string
  /** Options of the stand-in for eslogger: what happens on this Mac. */
  readonly story: readonly string[]
}

/** A Mac that runs, and can be taken off the network. */
export class DemoMac {
  readonly name: string
  readonly #wire: Wire
  readonly #agent: ChildProcess

  private constructor(name: string, wire: Wire, agent: ChildProcess) {
    this.name = name
    this.#wire = wire
    this.#agent = agent
  }

  /** Starts the agent; it enrols by itself. */
  static async start(options: DemoMacOptions): Promise<DemoMac> {
    const { name, folder, server, enrolmentToken, story } = options
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const wire = new Wire(Number(server.port))
    const port = await wire.open()
    const eslogger = [
      process.execPath,
      join(ROOT, 'apps/cli/src/simulated-eslogger.ts'),
      ...['--host', name, '--seed', name, ...story],
    ]
    const agent = spawn(
      process.execPath,
      [
        join(ROOT, 'apps/agent/src/main.ts'),
        ...['--server-url', `https://localhost:${port}`, '--enrolment-token', enrolmentToken],
        ...['--data-directory', folder, '--content-directory', join(ROOT, 'content')],
        // The simulator plays eslogger of this macOS; nothing plays the other sensors.
        ...['--os-version', '26.1', '--sensors', 'eslogger'],
        ...['--host-name', name, '--hardware-uuid', hardwareUuid(name)],
        ...['--eslogger-command', JSON.stringify(eslogger)],
        // Several agents, their simulators and a server share the machine.
        ...['--cpu-percent-max', '200', '--memory-bytes-max', String(1024 ** 3)],
      ],
      { stdio: ['ignore', 'ignore', openSync(`${folder}.log`, 'a')] },
    )
    return new DemoMac(name, wire, agent)
  }

  /** Resolves when the agent has ended by itself: it should not. */
  get ended(): Promise<unknown> {
    return once(this.#agent, 'exit')
  }

  /** Pulls the plug: the agent goes on sensing, detecting and keeping. */
  goOffline(): void {
    this.#wire.close()
  }

  async comeBack(): Promise<void> {
    await this.#wire.open()
  }

  async stop(): Promise<void> {
    this.#wire.close()
    if (this.#agent.exitCode !== null || this.#agent.signalCode !== null) return
    const ended = this.ended
    this.#agent.kill('SIGTERM')
    const timer = setTimeout(() => this.#agent.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(timer)
  }
}

function hardwareUuid(name: string): string {
  const hex = deriveId('demo-mac', [name]).toUpperCase()
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...parts, hex.slice(20, 32)].join('-')
}

/** A cable between a Mac and the server, which can be pulled. */
class Wire {
  readonly #serverPort: number
  readonly #sockets = new Set<Socket>()
  #listener: Server | undefined
  #port = 0

  constructor(serverPort: number) {
    this.#serverPort = serverPort
  }

  /** @returns The port that stands for the server's; the same one every time. */
  async open(): Promise<number> {
    const listener = createServer((near) => this.#join(near))
    listener.listen(this.#port, '127.0.0.1')
    await once(listener, 'listening')
    this.#listener = listener
    const address = listener.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
    return this.#port
  }

  close(): void {
    this.#listener?.close()
    this.#listener = undefined
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(near: Socket): void {
    const far = connect(this.#serverPort, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      // A broken cable is what this is for; both ends see it as a closed connection.
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }
}
