import type { Clock, Random } from '@pomona/schema'
import { AgentError } from '../errors.ts'
import type { Sleep } from '../machine.ts'
import { BACKOFF_DEFAULT, type BackoffOptions, backoffMs, retryAfterMs } from './backoff.ts'
import { Counter } from './counter.ts'
import { readProblem } from './problem.ts'
import { ClockSkew, type Exchange } from './skew.ts'
import type { Transport, UplinkAnswer, UplinkRequest } from './transport.ts'

/** What a link stands on. */
export interface LinkOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly sleep: Sleep
  readonly backoff?: BackoffOptions
  /** Told when the server is lost, found again, or refuses this agent. */
  readonly onState?: (state: LinkState) => void
}

/**
 * - `online`: the last request was answered, or none was made.
 * - `offline`: the server cannot be reached, or is not the one it should be.
 * - `refused`: the server answers, and does not know this agent.
 */
export interface LinkState {
  readonly name: 'online' | 'offline' | 'refused'
  readonly reason?: string
}

/** What became of a call: the answer, and when it was asked and came. */
export interface LinkAnswer extends UplinkAnswer {
  readonly exchange: Exchange
}

interface Outage {
  attempt: number
  waitMs: number
  /** Whether one caller has taken on to find out when the server is back. */
  probing: boolean
  changed: PromiseWithResolvers<void>
  /** Ends the wait early: another caller's request was answered. */
  readonly over: AbortController
}

/** Answers after which the same request is made again. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429])
const REFUSING: ReadonlySet<number> = new Set([401, 403])
const CAUSES_MAX = 64

/**
 * Everything an agent asks of its server goes through here. While the server cannot be reached, one
 * caller tries at growing, random intervals and all others wait for it: an agent is one guest at
 * the door, however many things it has to say. What the server itself puts off is repeated by the
 * one who asked, and holds nobody else up.
 */
export class Link {
  readonly skew: ClockSkew
  readonly #options: LinkOptions
  readonly #backoff: BackoffOptions
  readonly #retries = new Counter(CAUSES_MAX)
  #outage: Outage | undefined
  /** When the last outage ended. */
  #backNs = 0n
  #state: LinkState = { name: 'online' }

  constructor(options: LinkOptions) {
    this.#options = options
    this.#backoff = options.backoff ?? BACKOFF_DEFAULT
    this.skew = new ClockSkew(options.clock)
  }

  get state(): LinkState {
    return this.#state
  }

  /** Requests that had to be made again, by cause. */
  retries(): Readonly<Record<string, number>> {
    return this.#retries.record()
  }

  /**
   * Makes a request until there is an answer that making it again would not change. Every request
   * of the protocol may be repeated without harm.
   *
   * @param refusals Whether a refusal of the agent itself is waited out, as it is once the agent
   *   has enrolled: who has been refused by mistake must come back by itself. Default `wait`.
   * @throws The signal's reason when it is aborted; AgentError ERR_UPLINK_ANSWER when an answer is
   *   larger than any should be.
   */
  async call(request: UplinkRequest, refusals: 'wait' | 'return' = 'wait'): Promise<LinkAnswer> {
    const { signal } = request
    for (let attempt = 0; ;) {
      const probing = await this.#admit(signal)
      const answer = await this.#send(request, probing)
      if (answer === undefined) continue
      const { status } = answer
      const isRefusal = REFUSING.has(status)
      if (isRefusal ? refusals === 'return' : !PASSING.has(status) && status < 500) {
        this.#enter({ name: 'online' })
        return answer
      }
      const { code, message } = readProblem(answer)
      this.#retries.add(code ?? String(status))
      this.#enter(isRefusal ? { name: 'refused', reason: message } : { name: 'online' })
      await this.pause(answer, { attempt, signal })
      attempt += 1
    }
  }

  /** Waits as a retry would: what the server asks for and a random share on top. */
  async pause(
    answer: Pick<UplinkAnswer, 'status' | 'retryAfterSeconds'>,
    { attempt, signal }: { readonly attempt: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { random, sleep } = this.#options
    // A server that does not know this agent will not know it a second later either.
    const far = REFUSING.has(answer.status)
    const jitterMs = backoffMs(far ? Infinity : attempt, this.#backoff, random)
    await sleep(retryAfterMs(answer.retryAfterSeconds) + jitterMs, signal)
  }

  async #send(request: UplinkRequest, probing: boolean): Promise<LinkAnswer | undefined> {
    const { transport, clock } = this.#options
    const sentNs = clock.monotonicNs()
    try {
      const answer = await transport.send(request)
      this.#recovered()
      return { ...answer, exchange: { sentNs, receivedNs: clock.monotonicNs() } }
    } catch (error) {
      if (probing) this.#release()
      if (!(error instanceof AgentError) || error.code === 'ERR_UPLINK_ANSWER') throw error
      this.#retries.add(String(error.details['cause'] ?? error.code))
      // One that began before the server was back says nothing of what is now: it begins anew.
      if (sentNs >= this.#backNs) this.#lost(error, probing)
      return undefined
    }
  }

  /** @returns Whether this caller is the one that finds out whether the server is back. */
  async #admit(signal: AbortSignal): Promise<boolean> {
    const { sleep } = this.#options
    for (;;) {
      signal.throwIfAborted()
      const outage = this.#outage
      if (outage === undefined) return false
      if (outage.probing) {
        await whicheverFirst(outage.changed.promise, signal)
        continue
      }
      outage.probing = true
      try {
        await sleep(outage.waitMs, AbortSignal.any([signal, outage.over.signal]))
        return true
      } catch (error) {
        if (!outage.over.signal.aborted) {
          this.#release()
          throw error
        }
      }
    }
  }

  #lost(loss: AgentError, probing: boolean): void {
    const { random } = this.#options
    // Connections that break together are one loss; only the attempt to come back counts further.
    if (this.#outage !== undefined && !probing) return
    const attempt = this.#outage === undefined ? 0 : this.#outage.attempt + 1
    this.#outage = {
      attempt,
      waitMs: backoffMs(attempt, this.#backoff, random),
      probing: false,
      changed: Promise.withResolvers(),
      over: new AbortController(),
    }
    this.#enter({ name: 'offline', reason: loss.message })
  }

  #recovered(): void {
    const outage = this.#outage
    if (outage !== undefined) this.#backNs = this.#options.clock.monotonicNs()
    this.#outage = undefined
    outage?.changed.resolve()
    outage?.over.abort()
  }

  /** Gives up the attempt to come back, so that another caller takes it on. */
  #release(): void {
    const outage = this.#outage
    if (outage === undefined) return
    outage.probing = false
    outage.changed.resolve()
    outage.changed = Promise.withResolvers()
  }

  #enter(state: LinkState): void {
    if (this.#state.name === state.name) return
    this.#state = state
    this.#options.onState?.(state)
  }
}

/** Resolves when the promise does, rejects when the signal is aborted. */
async function whicheverFirst(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
