import { randomUUID } from 'node:crypto'
import {
  type Clock,
  type CommandAction,
  type CommandList,
  type CommandRecord,
  type CommandRequest,
  type CommandState,
  type CommandStateReport,
  formatTime,
  type HostId,
  LogLevel,
  type SignedText,
  TENANT_DEFAULT,
} from '@pomona/schema'
import type { Records, User } from '@pomona/store'
import { HttpProblem } from '../http/problem.ts'
import { covers, type Role } from '../http/route.ts'
import type { Counter, MetricsRegistry } from '../metrics/registry.ts'
import { CommandWaiters } from './command-waiters.ts'
import type { Reporter } from './report-desk.ts'

/** Signs texts with the key that agents learned when they enrolled. */
export interface Signer {
  sign(payload: string): Promise<SignedText>
}

/** What the desk works with. */
export interface CommandDeskOptions {
  readonly records: Records
  readonly clock: Clock
  readonly metrics: MetricsRegistry
  readonly signer: Signer
  /** Questions for commands that may wait at once. */
  readonly waitingMax: number
  /** Told of each command that was issued or has changed. Must not throw. */
  readonly onChange: (command: CommandRecord) => void
}

/** Longest wait of one question, seconds: below what proxies cut. */
export const COMMAND_WAIT_SECONDS_MAX = 55

/** Who may order what. */
export const COMMAND_ROLES: Readonly<Record<CommandAction, Role>> = {
  ping: 'analyst',
  collect_posture: 'responder',
  restart_sensor: 'engineer',
  set_log_level: 'engineer',
}

const NS_PER_SECOND = 1_000_000_000n
const MS_PER_SECOND = 1_000
const SENSOR = /^[A-Za-z0-9._:-]{1,128}$/

/** Orders commands for people, hands them to agents, and keeps what became of them. */
export class CommandDesk {
  readonly #options: CommandDeskOptions
  readonly #states: Counter
  readonly #waiters: CommandWaiters

  constructor(options: CommandDeskOptions) {
    this.#options = options
    this.#waiters = new CommandWaiters(options.waitingMax)
    this.#states = options.metrics.counter(
      'pomona_commands_total',
      'Commands of hosts, by the states they came to.',
    )
    options.metrics.gauge({
      name: 'pomona_command_waiters',
      description: 'Agents that wait for commands.',
      read: () => [{ labels: {}, value: this.#waiters.size }],
    })
  }

  /** @throws HttpProblem when the user may not, or the command is not right. */
  async issue(hostId: HostId, request: CommandRequest, user: User): Promise<CommandRecord> {
    const { records, clock, signer } = this.#options
    const role = COMMAND_ROLES[request.action]
    if (!covers(user.role, role)) throw new HttpProblem('forbidden', `This needs the role ${role}.`)
    checkParameters(request)
    const nowNs = clock.nowNs()
    const draft = {
      id: randomUUID(),
      tenantId: TENANT_DEFAULT,
      hostId,
      action: request.action,
      parameters: request.parameters,
      issuedBy: user.name,
      issuedAt: formatTime(nowNs),
      expiresAt: formatTime(nowNs + BigInt(request.expires_seconds) * NS_PER_SECOND),
    }
    const command = await records.commands.issue(draft, (signed) =>
      signer.sign(JSON.stringify(signed)),
    )
    if (command === undefined) {
      throw new HttpProblem('conflict', 'Too many commands of this host are open.')
    }
    await this.#audit(user.name, 'command_issued', command)
    this.#count(command.state)
    this.#waiters.wake(hostId)
    this.#options.onChange(command)
    return command
  }

  /** @throws HttpProblem when there is no such command, or it is too late. */
  async cancel(id: string, user: User): Promise<CommandRecord> {
    const { records, clock } = this.#options
    const before = await records.commands.command(TENANT_DEFAULT, id)
    const role = before === undefined ? 'viewer' : COMMAND_ROLES[before.action]
    if (!covers(user.role, role)) throw new HttpProblem('forbidden', `This needs the role ${role}.`)
    const by = { actor: user.name, at: formatTime(clock.nowNs()) }
    const command = await records.commands.cancel(TENANT_DEFAULT, id, by)
    if (command === undefined) throw noSuchCommand()
    if (command.state !== 'cancelled') {
      throw new HttpProblem('conflict', `The command is ${command.state}; it is too late.`)
    }
    if (before?.state === 'cancelled') return command
    await this.#audit(user.name, 'command_cancelled', command)
    this.#changed(command)
    return command
  }

  async ofHost(hostId: HostId, limit: number): Promise<readonly CommandRecord[]> {
    return await this.#options.records.commands.ofHost(TENANT_DEFAULT, hostId, limit)
  }

  /**
   * The open commands of a host; waits when there are none.
   * @param options.signal Ends the wait: whoever asked is gone.
   * @throws HttpProblem when too many wait.
   */
  async poll(
    { tenantId, hostId }: Reporter,
    { waitSeconds, signal }: { readonly waitSeconds: number; readonly signal: AbortSignal },
  ): Promise<CommandList> {
    const commands = await this.#deliver(tenantId, hostId)
    const ms = Math.min(waitSeconds, COMMAND_WAIT_SECONDS_MAX) * MS_PER_SECOND
    if (commands.length > 0 || ms === 0) return this.#list(commands)
    if (!(await this.#waiters.wait(hostId, { ms, signal }))) {
      throw new HttpProblem('overloaded', 'Too many agents wait.', { retryAfterSeconds: 30 })
    }
    return this.#list(signal.aborted ? [] : await this.#deliver(tenantId, hostId))
  }

  /** Takes what an agent says of a command. @throws HttpProblem when it has no such command. */
  async report(
    { tenantId, hostId }: Reporter,
    id: string,
    said: CommandStateReport,
  ): Promise<CommandState> {
    const { records, clock } = this.#options
    const before = await records.commands.command(tenantId, id)
    const at = formatTime(clock.nowNs())
    const command = await records.commands.report({ tenantId, hostId, id }, said, at)
    if (command === undefined) throw noSuchCommand()
    if (command.updated !== before?.updated) this.#changed(command)
    return command.state
  }

  /** Settles what is over. */
  async expire(): Promise<void> {
    const { records, clock } = this.#options
    for (const command of await records.commands.expire(formatTime(clock.nowNs()))) {
      this.#changed(command)
    }
  }

  /** Answers everybody who waits. */
  close(): void {
    this.#waiters.wakeAll()
  }

  async #deliver(tenantId: Reporter['tenantId'], hostId: HostId): Promise<readonly SignedText[]> {
    const { records, clock } = this.#options
    return await records.commands.deliver(tenantId, hostId, formatTime(clock.nowNs()))
  }

  #list(commands: readonly SignedText[]): CommandList {
    return { commands: [...commands], server_time: formatTime(this.#options.clock.nowNs()) }
  }

  #changed(command: CommandRecord): void {
    this.#count(command.state)
    this.#options.onChange(command)
  }

  #count(state: CommandState): void {
    this.#states.add(1, { state })
  }

  async #audit(actor: string, action: string, command: CommandRecord): Promise<void> {
    const { records, clock } = this.#options
    await records.audit({
      time: formatTime(clock.nowNs()),
      actor,
      action,
      target: command.host_id,
      details: { command_id: command.id, action: command.action, ...command.parameters },
    })
  }
}

function checkParameters({ action, parameters }: CommandRequest): void {
  const { sensor, level, ...others } = parameters
  const isRight = {
    ping: sensor === undefined && level === undefined,
    collect_posture: sensor === undefined && level === undefined,
    restart_sensor: sensor !== undefined && SENSOR.test(sensor) && level === undefined,
    set_log_level: LogLevel.safeParse(level).success && sensor === undefined,
  }[action]
  if (isRight && Object.keys(others).length === 0) return
  throw new HttpProblem('invalid_request', 'The parameters do not fit the action.', {
    fields: [{ path: 'body.parameters', message: PARAMETERS[action] }],
  })
}

const PARAMETERS: Readonly<Record<CommandAction, string>> = {
  ping: 'None.',
  collect_posture: 'None.',
  restart_sensor: '`sensor`: the name of one.',
  set_log_level: '`level`: error, warn, info or debug.',
}

function noSuchCommand(): HttpProblem {
  return new HttpProblem('not_found', 'There is no command with this id.')
}
