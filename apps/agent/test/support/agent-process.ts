import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const AGENT = join(import.meta.dirname, '../../src/main.ts')
const ESLOGGER = join(import.meta.dirname, '../../../cli/src/simulated-eslogger.ts')

/**
 * The agent under test: from the sources, or the program that `POMONA_TEST_AGENT` names, such as
 * the compiled one.
 */
function agentCommand(): readonly string[] {
  const program = process.env['POMONA_TEST_AGENT']
  return program === undefined ? [process.execPath, AGENT] : program.split(' ')
}

/** A real agent in a process of its own, fed by the program that stands in for eslogger. */
export class AgentProcess {
  readonly child: ChildProcess
  #said = ''

  constructor(flags: Readonly<Record<string, string>>, eslogger: readonly string[]) {
    const command = JSON.stringify([process.execPath, ESLOGGER, ...eslogger])
    const words = Object.entries({ sensors: 'eslogger', ...flags, 'eslogger-command': command })
    const args = words.flatMap(([name, value]) => [`--${name}`, value])
    const [program = process.execPath, ...first] = agentCommand()
    this.child = spawn(program, [...first, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] },
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said += text))
  }

  /** Everything it logged. */
  get said(): string {
    return this.#said
  }

  /** Sends a signal. @returns The exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | string> {
    const { child } = this
    if (child.exitCode !== null) return child.exitCode
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    return child.exitCode ?? child.signalCode ?? 'gone'
  }
}
