import {
  type Clock,
  Command,
  CommandList,
  type CommandStateReport,
  formatTime,
  parseTime,
  type SignedText,
  type SigningKey,
} from '@pomona/schema'
import { z } from 'zod'
import { AgentError, messageOf } from '../errors.ts'
import { isSigned } from '../identity/signed-text.ts'
import type { Sleep } from '../machine.ts'
import { Counter } from '../uplink/counter.ts'
import type { Link, LinkAnswer } from '../uplink/link.ts'
import { readAnswer, readProblem } from '../uplink/problem.ts'
import type { CommandExecutors, CommandOutcome } from './executors.ts'
import type { CommandEnd, CommandJournal } from './journal.ts'

/** What a runner stands on. */
export interface CommandRunnerOptions {
  readonly link: Link
  readonly clock: Clock
  readonly sleep: Sleep
  readonly journal: CommandJournal
  readonly executors: CommandExecutors
  /** Whose commands are taken, and whom they must be for. */
  readonly identity: () => {
    readonly host_id: string
    readonly tenant_id: string
    readonly signing_keys: readonly SigningKey[]
  }
  /** How long the server may hold a question for commands. Default 50. */
  readonly waitSeconds?: number
  /** Longest time a command may take. Default two minutes. */
  readonly commandTimeoutMs?: number
  /** Told of every end. */
  readonly onEnd?: (id: string, end: CommandEnd) => void
}

const WAIT_SECONDS = 50
const PATIENCE_MS = 20_000
const COMMAND_TIMEOUT_MS = 120_000
const STATE_TIMEOUT_MS = 30_000
const LIST_BYTES_MAX = 4 * 1024 * 1024
const ANSWER_BYTES_MAX = 64 * 1024
const MESSAGE_MAX = 4_096
const REFUSALS_MAX = 16
const NS_PER_S = 1_000_000_000n
/** An answer that came sooner and brought nothing new is not asked for again at once. */
const QUICK_NS = NS_PER_S

const Id = z.looseObject({ id: z.uuid() })

/**
 * Asks for commands, and runs each at most once. A command runs when a key of the server signed it,
 * it is for this host, it has not expired by the server's clock, and its counter is above that of
 * every command before. That it was accepted is on disk before it runs; when the agent ends in
 * between, what became of it is `unknown`, and that is what the server is told.
 */
export class CommandRunner {
  readonly #options: CommandRunnerOptions
  readonly #ends = new Counter(REFUSALS_MAX)
  #idle = 0

  constructor(options: CommandRunnerOptions) {
    this.#options = options
  }

  /** Commands by how they ended; refused ones by why. */
  counts(): Readonly<Record<string, number>> {
    return this.#ends.record()
  }

  /** Runs commands until the signal is aborted. @throws The signal's reason; AgentError. */
  async run(signal: AbortSignal): Promise<never> {
    await this.settleInterrupted()
    for (;;) {
      await this.#tellUntold(signal)
      await this.pollOnce(signal)
    }
  }

  /** Ends as `unknown` what was accepted before this start and has no end. */
  async settleInterrupted(): Promise<void> {
    const { journal } = this.#options
    for (const entry of journal.entries()) {
      if (entry.end !== undefined) continue
      await this.#settle(entry, {
        state: 'unknown',
        at: this.#now(),
        message: 'The agent ended between accepting this command and knowing its outcome.',
      })
    }
  }

  /** Asks once and deals with everything that came. */
  async pollOnce(signal: AbortSignal): Promise<void> {
    const { link, waitSeconds = WAIT_SECONDS } = this.#options
    const answer = await link.call({
      method: 'GET',
      path: `/agent/v1/commands?wait_seconds=${waitSeconds}`,
      timeoutMs: waitSeconds * 1_000 + PATIENCE_MS,
      answerBytesMax: LIST_BYTES_MAX,
      signal,
    })
    if (answer.status !== 200) throw notTaken('commands', answer)
    const list = readAnswer(answer, CommandList)
    link.skew.learn(list.server_time, answer.exchange, true)
    let ran = 0
    for (const { text, counter } of inOrder(list.commands)) {
      ran += (await this.#take(text, counter, signal)) ? 1 : 0
    }
    const { sentNs, receivedNs } = answer.exchange
    this.#idle = ran > 0 || receivedNs - sentNs >= QUICK_NS ? 0 : this.#idle + 1
    if (this.#idle > 0) await link.pause(answer, { attempt: this.#idle - 1, signal })
  }

  /** @returns Whether the command was new. */
  async #take(text: SignedText, counter: number, signal: AbortSignal): Promise<boolean> {
    const { identity, journal } = this.#options
    const value = parse(text.payload)
    const id = Id.safeParse(value)
    if (!id.success) {
      this.#ends.add('unreadable')
      return false
    }
    const known = journal.entry(id.data.id)
    if (known !== undefined) {
      // The server has not heard how it ended, or has forgotten.
      if (known.end !== undefined) await this.#tell(known.id, known.end, signal)
      return false
    }
    const refused = (code: string, message: string): Promise<void> =>
      this.#refuse(id.data.id, { code, message }, signal)
    const { host_id: hostId, tenant_id: tenantId, signing_keys: keys } = identity()
    if (!isSigned(text, keys)) {
      await refused('signature_wrong', 'No key of this server signed the command.')
      return false
    }
    const parsed = Command.safeParse(value)
    if (!parsed.success) {
      await refused('not_understood', 'This agent does not know such a command.')
      return false
    }
    const command = parsed.data
    if (command.host_id !== hostId || command.tenant_id !== tenantId) {
      await refused('wrong_host', 'The command is for another host.')
      return false
    }
    if (counter <= journal.counter || isForgotten(command, journal.notBefore)) {
      await refused('replayed', 'A command with this counter or a higher one came before.')
      return false
    }
    await this.#execute(command, signal)
    return true
  }

  async #execute(command: Command, signal: AbortSignal): Promise<void> {
    const { journal, link } = this.#options
    const expires = parseTime(command.expires_at) ?? 0n
    if (expires <= link.skew.serverNowNs()) {
      await this.#settle(command, { state: 'expired', at: this.#now() })
    } else {
      await journal.accept(command)
      // Told while it runs: that the server has heard of it is no condition for running it.
      const accepted = this.#post(command.id, { state: 'accepted', at: this.#now() }, signal)
      const heard = accepted.then(
        () => undefined,
        // Whatever kept the server from hearing it, it hears the end.
        () => undefined,
      )
      const outcome = await this.#outcome(command, signal)
      await this.#settle(command, { ...outcome, at: this.#now() })
      await heard
    }
    const end = journal.entry(command.id)?.end
    if (end !== undefined) await this.#tell(command.id, end, signal)
  }

  /** Runs the executor under its time limit. Rejects only when the agent itself ends. */
  async #outcome(command: Command, signal: AbortSignal): Promise<Omit<CommandEnd, 'at'>> {
    const { executors, sleep, commandTimeoutMs = COMMAND_TIMEOUT_MS } = this.#options
    const ended = new AbortController()
    const limits = AbortSignal.any([signal, ended.signal])
    const overdue = sleep(commandTimeoutMs, limits).then(
      () => 'overdue' as const,
      // It ended in time, or the agent ends.
      () => 'aborted' as const,
    )
    const work = attempt(() => executors[command.action](command.parameters, limits))
    const first = await Promise.race([work, overdue])
    ended.abort()
    if (first === 'aborted') {
      signal.throwIfAborted()
      return await work
    }
    if (first !== 'overdue') return first
    return { state: 'unknown', code: 'timeout', message: 'It took too long and may still go on.' }
  }

  async #settle(
    command: { readonly id: string; readonly counter: number },
    end: CommandEnd,
  ): Promise<void> {
    await this.#options.journal.settle(command, end)
    this.#ended(command.id, end)
  }

  async #refuse(
    id: string,
    why: { readonly code: string; readonly message: string },
    signal: AbortSignal,
  ): Promise<void> {
    const end: CommandEnd = { state: 'refused', at: this.#now(), ...why }
    this.#ended(id, end)
    await this.#post(id, end, signal)
  }

  #ended(id: string, end: CommandEnd): void {
    this.#ends.add(end.state === 'refused' ? (end.code ?? end.state) : end.state)
    this.#options.onEnd?.(id, end)
  }

  async #tellUntold(signal: AbortSignal): Promise<void> {
    for (const { id, end, told } of this.#options.journal.entries()) {
      if (end !== undefined && told !== true) await this.#tell(id, end, signal)
    }
  }

  async #tell(id: string, end: CommandEnd, signal: AbortSignal): Promise<void> {
    await this.#post(id, end, signal)
    await this.#options.journal.markTold(id)
  }

  /** Whatever the server makes of it, it has heard it: only its own records can be wrong then. */
  async #post(id: string, report: CommandStateReport, signal: AbortSignal): Promise<void> {
    await this.#options.link.call({
      method: 'POST',
      path: `/agent/v1/commands/${id}/state`,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(report)),
      timeoutMs: STATE_TIMEOUT_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
      signal,
    })
  }

  #now(): string {
    return formatTime(this.#options.clock.nowNs())
  }
}

/** What an executor says; what it throws counts as failed. */
async function attempt(work: () => Promise<CommandOutcome>): Promise<CommandOutcome> {
  try {
    return await work()
  } catch (error) {
    const message = messageOf(error).slice(0, MESSAGE_MAX)
    return { state: 'failed', code: 'error', message }
  }
}

/** Commands by their counter; what has none that can be read comes first and is refused. */
function inOrder(texts: readonly SignedText[]) {
  const Counted = z.looseObject({ counter: z.int() })
  return texts
    .map((text) => {
      const counted = Counted.safeParse(parse(text.payload))
      return { text, counter: counted.success ? counted.data.counter : 0 }
    })
    .toSorted((one, other) => one.counter - other.counter)
}

function isForgotten(command: Command, notBefore: string | undefined): boolean {
  if (notBefore === undefined) return false
  return (parseTime(command.issued_at) ?? 0n) < (parseTime(notBefore) ?? 0n)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Nothing that could be checked; the caller counts it.
  }
}

function notTaken(what: string, answer: LinkAnswer): AgentError {
  const { message } = readProblem(answer)
  return new AgentError('ERR_UPLINK_ANSWER', `The server does not give ${what}: ${message}`, {
    details: { status: answer.status },
  })
}
