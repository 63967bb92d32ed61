import { setImmediate as turn } from 'node:timers/promises'
import type { SensorHealth } from '@pomona/schema'
import { type CommandLine, howEnded } from '../command/command.ts'
import { runCommand } from '../command/run.ts'
import type { TypeBudget } from '../filter/budgets.ts'
import type { SourceFilter } from '../filter/source-filter.ts'
import type { SensedBatch, Sensor, SensorCounts, SensorProblem } from '../sensor.ts'
import type { BackoffLimits } from '../supervision/backoff.ts'
import type { SilenceLimits, SupervisionTools } from '../supervision/supervised.ts'
import { EsloggerPart } from './eslogger-part.ts'
import type { IntakeLimits } from './intake.ts'
import { esloggerProblem } from './problems.ts'
import { readEventList, type Subscription, SUBSCRIPTIONS } from './subscriptions.ts'

/** Apple's eslogger, where macOS has it. */
export const ESLOGGER: CommandLine = { path: '/usr/bin/eslogger', args: [] }

/** A program that runs for a moment: whoever watches programs start must report it. */
const SIGN_OF_LIFE: CommandLine = { path: '/usr/bin/true', args: [] }

/** How an {@link Eslogger} works; all have defaults. */
export interface EsloggerOptions {
  /** The program and what stands before its event names. Default {@link ESLOGGER}. */
  readonly command?: CommandLine
  /** One process each. Default {@link SUBSCRIPTIONS}. */
  readonly subscriptions?: readonly Subscription[]
  /** Path of the program that macOS gives permissions to: the agent's own. For messages. */
  readonly binary: string
  readonly limits?: Partial<IntakeLimits>
  readonly filter?: SourceFilter
  /** By event type; none has a budget unless said so. See `TYPE_BUDGETS`. */
  readonly budgets?: Readonly<Record<string, TypeBudget>>
  readonly backoff?: Partial<BackoffLimits>
  /**
   * How long a process may say nothing. One that watches programs is then asked for a sign of life
   * by starting one, and is started again when it does not report that. `null`: for ever.
   * Default 5 minutes and 10 seconds.
   */
  readonly silence?: Pick<SilenceLimits, 'afterMs' | 'answerMs'> | null
}

const SILENCE = { afterMs: 300_000, answerMs: 10_000 }

/**
 * Apple's `eslogger`, supervised: a process for each subscription, each alone in its process group,
 * started again when it ends, asked for a sign of life when it is silent. Its pipes are read as
 * fast as they fill; what waits is bounded, and what found no room is counted.
 */
export class Eslogger implements Sensor {
  readonly #options: EsloggerOptions
  readonly #tools: SupervisionTools
  readonly #parts: readonly EsloggerPart[]
  #known: Promise<ReadonlySet<string> | SensorProblem> | undefined
  #wake: (() => void) | undefined
  #stopped = false

  constructor(options: EsloggerOptions, tools: SupervisionTools) {
    this.#options = options
    this.#tools = tools
    this.#parts = (options.subscriptions ?? SUBSCRIPTIONS).map((one) => this.#part(one))
  }

  start(): void {
    for (const part of this.#parts) part.start()
  }

  /**
   * Batches of all processes. What waits of the first subscription leaves first: what programs did
   * is told after who started them, as far as that has come.
   */
  async *batches(): AsyncGenerator<SensedBatch> {
    for (;;) {
      const batch = this.#take()
      if (batch !== undefined) {
        yield batch
        // A reader that never waits must not keep the pipes from being read.
        await turn()
      } else if (this.#stopped) return
      else await this.#news()
    }
  }

  health(): readonly SensorHealth[] {
    return this.#parts.map((part) => part.health())
  }

  counts(): Readonly<Record<string, SensorCounts>> {
    return Object.fromEntries(this.#parts.map((part) => [part.name, part.counts()]))
  }

  restart(sensor?: string): void {
    for (const part of this.#parts) {
      if (sensor === undefined || part.name === sensor) part.restart()
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()))
    this.#stopped = true
    this.#notify()
  }

  #part({ name, events }: Subscription): EsloggerPart {
    const { binary, limits, filter, budgets, backoff, silence = SILENCE } = this.#options
    const probe = () => void runCommand(this.#tools, SIGN_OF_LIFE)
    return new EsloggerPart(
      {
        name,
        binary,
        prepare: () => this.#prepare(events),
        notify: () => this.#notify(),
        isOwnGroup: (groupId) => this.#parts.some(({ pid }) => pid === groupId),
        ...(limits !== undefined && { limits }),
        ...(filter !== undefined && { filter }),
        ...(budgets !== undefined && { budgets }),
        ...(backoff !== undefined && { backoff }),
        ...(silence !== null && {
          silence: { ...silence, ...(events.includes('exec') && { probe }) },
        }),
      },
      this.#tools,
    )
  }

  // eslogger ends at once when it is asked for a name it does not know.
  async #prepare(wished: readonly string[]): Promise<CommandLine | SensorProblem> {
    const known = await this.#eventList()
    if ('code' in known) return known
    const events = wished.filter((name) => known.has(name))
    if (events.length === 0) {
      return { code: 'events_unknown', message: 'eslogger knows none of the wanted event types.' }
    }
    const { command = ESLOGGER } = this.#options
    return { ...command, args: [...command.args, ...events] }
  }

  async #eventList(): Promise<ReadonlySet<string> | SensorProblem> {
    this.#known ??= this.#askForEvents()
    const known = await this.#known
    // What could not be learned is asked again at the next start.
    if ('code' in known) this.#known = undefined
    return known
  }

  async #askForEvents(): Promise<ReadonlySet<string> | SensorProblem> {
    const { command = ESLOGGER, binary } = this.#options
    const list = { ...command, args: [...command.args, '--list-events'] }
    const { end, stdout, stderr } = await runCommand(this.#tools, list)
    const names = readEventList(Buffer.from(stdout).toString('utf8'))
    if (end.code === 0 && names.size > 0) return names
    return (
      esloggerProblem(stderr.split('\n'), { end, binary }) ?? {
        code: 'event_list_missing',
        message: `eslogger --list-events did not list its event types (${howEnded(end)}).`,
      }
    )
  }

  #take(): SensedBatch | undefined {
    for (const part of this.#parts) {
      const batch = part.take()
      if (batch !== undefined) return batch
    }
    return undefined
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}
