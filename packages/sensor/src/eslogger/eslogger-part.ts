import { formatTime, type SensorHealth, type TimeNs } from '@pomona/schema'
import type { CommandEnd, CommandLine } from '../command/command.ts'
import type { SensedBatch, SensorCounts, SensorProblem } from '../sensor.ts'
import type { BackoffLimits } from '../supervision/backoff.ts'
import { type SilenceLimits, Supervised, type SupervisionTools } from '../supervision/supervised.ts'
import { Intake, type IntakeLimits } from './intake.ts'
import type { RawRecord } from './line.ts'
import { esloggerProblem } from './problems.ts'
import type { TypeBudget } from '../filter/budgets.ts'
import type { SourceFilter } from '../filter/source-filter.ts'

/** What one eslogger process is given. */
export interface EsloggerPartOptions {
  readonly name: string
  /** Who permissions are given to, by its path; for messages. */
  readonly binary: string
  /** The call with its event names, or why there can be none. */
  readonly prepare: () => Promise<CommandLine | SensorProblem>
  readonly limits?: Partial<IntakeLimits>
  readonly filter?: SourceFilter
  readonly budgets?: Readonly<Record<string, TypeBudget>>
  readonly backoff?: Partial<BackoffLimits>
  readonly silence?: SilenceLimits
  /** Called whenever there is something to take. */
  readonly notify: () => void
  /** Whether a process group is one that a sensor of ours leads, and is no business of others. */
  readonly isOwnGroup: (groupId: number) => boolean
}

const UNOBSERVED_START = 'sensor_starting'
const UNOBSERVED_RESTART = 'sensor_restarted'

/** One supervised eslogger process and what came of it. */
export class EsloggerPart {
  readonly name: string
  readonly #binary: string
  readonly #supervised: Supervised
  readonly #intake: Intake
  readonly #tools: SupervisionTools
  readonly #notify: () => void
  readonly #isOwnGroup: (groupId: number) => boolean
  #unobserved: { readonly fromNs: TimeNs; readonly reason: string } | undefined
  #intruder: SensorProblem | undefined
  #stopping = false

  constructor(options: EsloggerPartOptions, tools: SupervisionTools) {
    const { name, limits, filter, budgets, backoff, silence } = options
    this.name = name
    this.#binary = options.binary
    this.#tools = tools
    this.#notify = options.notify
    this.#isOwnGroup = options.isOwnGroup
    this.#intake = new Intake({
      sensor: name,
      ...(limits !== undefined && { limits }),
      ...(filter !== undefined && { filter }),
      ...(budgets !== undefined && { budgets }),
    })
    this.#supervised = new Supervised(
      {
        prepare: options.prepare,
        started: () => this.#intake.beginRun(),
        stdout: (bytes) => this.#stdout(bytes),
        ended: () => this.#ended(),
        explain: (lines, end) => this.#explain(lines, end),
        ...(backoff !== undefined && { backoff }),
        ...(silence !== undefined && { silence }),
      },
      tools,
    )
  }

  /** The process and its group, while it runs. */
  get pid(): number | undefined {
    return this.#supervised.pid
  }

  start(): void {
    this.#unobserved ??= { fromNs: this.#tools.clock.nowNs(), reason: UNOBSERVED_START }
    this.#supervised.start()
  }

  restart(): void {
    this.#supervised.restart()
  }

  async stop(): Promise<void> {
    // What goes unseen after this is known to who asked for it.
    this.#closeGap()
    this.#stopping = true
    await this.#supervised.stop()
    this.#stopping = false
    this.#notify()
  }

  /** Takes what came, at most one batch. */
  take(): SensedBatch | undefined {
    const batch = this.#intake.take()
    if (batch !== undefined) for (const record of batch.records) this.#lookForIntruders(record)
    return batch
  }

  counts(): SensorCounts {
    return this.#intake.counts()
  }

  health(): SensorHealth {
    const { state, sinceNs, problem, restarts, lastRecordNs } = this.#supervised
    const lost = this.#intake.lost
    const isJoined = state === 'running' && this.#intruder !== undefined
    const told = problem ?? this.#intruder
    return {
      sensor: this.name,
      state: isJoined ? 'degraded' : state,
      since: formatTime(sinceNs),
      ...(told !== undefined && { problem: told }),
      restarts,
      lost: lost.total,
      lost_by_type: { ...lost.byType },
      ...(lastRecordNs !== undefined && { last_record: formatTime(lastRecordNs) }),
    }
  }

  #stdout(bytes: Uint8Array): void {
    const atNs = this.#tools.clock.nowNs()
    this.#intake.push(bytes, atNs)
    this.#supervised.noteRecords(atNs)
    if (this.#unobserved !== undefined) this.#closeGap()
    if (this.#intake.hasNews) this.#notify()
  }

  #ended(): void {
    this.#intake.endRun()
    const fromNs = this.#tools.clock.nowNs()
    if (!this.#stopping) this.#unobserved ??= { fromNs, reason: UNOBSERVED_RESTART }
    this.#notify()
  }

  #explain(lines: readonly string[], end: CommandEnd): SensorProblem | undefined {
    return esloggerProblem(lines, { end, binary: this.#binary })
  }

  #closeGap(): void {
    if (this.#unobserved === undefined) return
    const { fromNs, reason } = this.#unobserved
    this.#unobserved = undefined
    const to = formatTime(this.#tools.clock.nowNs())
    this.#intake.noteGap({ from: formatTime(fromNs), to, reason })
  }

  // Endpoint Security hides from an eslogger what runs in its process group. Nothing of ours is in
  // there, so whoever turns up in the group of one, in what another one saw, wants to hide.
  #lookForIntruders({ value }: RawRecord): void {
    const process = objectAt(value, 'process')
    const groupId = process?.['group_id']
    if (typeof groupId !== 'number' || !this.#isOwnGroup(groupId)) return
    const pid = objectAt(process, 'audit_token')?.['pid']
    if (pid === groupId) return
    const path = objectAt(process, 'executable')?.['path']
    this.#intruder = {
      code: 'group_joined',
      message:
        `A process joined the group of a sensor, where Endpoint Security does not report it: ` +
        `${String(path).slice(0, 512)}, pid ${String(pid)}.`,
      remedy: 'Treat it as an attack on the agent.',
    }
  }
}

function objectAt(value: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  const inner: unknown = (value as Record<string, unknown>)[key] // An own key, checked above.
  // Any object; what is read of it is checked where it is read.
  return typeof inner === 'object' && inner !== null
    ? (inner as Record<string, unknown>)
    : undefined
}
