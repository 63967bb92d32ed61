/** The real server in its own process, with its projector: started, killed and asked by tests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT } from '../source-tree.ts'

const START_MS_MAX = 180_000

export interface ServerProcess {
  readonly child: ChildProcess
  /** Link that makes the first user, while there is none. */
  readonly firstRunLink: string | undefined
  /** Where agents reach it. */
  readonly agentAddress: string
  /** By which ten Macs can enrol; said at the first start only. */
  readonly enrolmentToken: string | undefined
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port was given')
  return address.port
}

/** How a server of a test differs from one that is installed. */
export interface ServerExtras {
  /** The port for agents; a server that is started again needs the one it had. */
  readonly agentPort?: number
  /** More of its configuration. */
  readonly flags?: Readonly<Record<string, string>>
  /** What stands before the server's script: options of Node. */
  readonly nodeOptions?: readonly string[]
  /** More of its environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** A program with its arguments that runs the server under itself. */
  readonly under?: readonly string[]
  /** Told of the process before it answers. */
  readonly onSpawn?: (child: ChildProcess) => void
}

/** Starts the server and resolves when it answers. */
export async function startServerProcess(
  directory: string,
  port: number,
  extras: ServerExtras = {},
): Promise<ServerProcess> {
  const { agentPort = 0, flags: more = {}, nodeOptions = [], under = [], environment } = extras
  const flags = {
    'data-directory': directory,
    'listen-port': String(port),
    'agent-listen-port': String(agentPort),
    'log-level': 'error',
    ...more,
  }
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const main = join(ROOT, 'apps/server/src/main.ts')
  const command = [...under, process.execPath, ...nodeOptions, main, ...args]
  const child = spawn(command[0] ?? '', command.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  extras.onSpawn?.(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const deadline = performance.now() + START_MS_MAX
  // The line is printed right after the server began to answer.
  while (!(said.includes('Agents reach it at') && (await isReady(port)))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ended while starting: ${said}`)
    }
    if (performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the server did not start: ${said}`)
    }
    await sleep(50)
  }
  // What is shown only once comes in the same write or the next.
  await sleep(50)
  return {
    child,
    firstRunLink: /http\S+\/first-run#\S+/.exec(said)?.[0],
    agentAddress: /Agents reach it at (\S+)/.exec(said)?.[1] ?? '',
    enrolmentToken: /Enrolment token[^:]*: (\S+)/.exec(said)?.[1],
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`)
    return response.ok
  } catch {
    return false // Not listening yet.
  }
}

/** The server's children, the projector among them. Linux only. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number)
  } catch {
    return [] // It ended in the meantime.
  }
}

/** Ends a process the hard way and waits until it is gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Asks the server to stop and waits until it has. */
export async function stopServerProcess({ child }: ServerProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
