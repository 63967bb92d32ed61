import { Bundle, type BundleReport } from '@pomona/schema'
import { AgentError, messageOf } from '../errors.ts'
import type { Identity } from '../identity/identity.ts'
import type { Sleep } from '../machine.ts'
import type { Link } from '../uplink/link.ts'
import { readJson, readProblem } from '../uplink/problem.ts'
import { bundleId, type CheckedBundle, checkBundle, checkNovelty, refused } from './bundle.ts'
import type { BundleFolder, BundleState } from './bundle-folder.ts'

/** What bundles are put to work in. */
export interface BundleTarget {
  /**
   * Puts a bundle to work in the place of what is at work, or throws and leaves that. Nothing
   * stands for what the agent has without a bundle.
   */
  apply(bundle: CheckedBundle | undefined): Promise<void>
  /** What is wrong since the bundle is at work; nothing while all is well. */
  problem(): string | undefined
}

/** What a keeper stands on. */
export interface BundleKeeperOptions {
  readonly link: Link
  readonly sleep: Sleep
  readonly folder: BundleFolder
  readonly target: BundleTarget
  readonly identity: () => Pick<Identity, 'tenant_id' | 'signing_keys'>
  /** Told when what {@link BundleKeeper.report} says has changed. */
  readonly onChange?: () => void
  /** How long a new bundle is watched. Default two minutes. */
  readonly probationMs?: number
}

const PROBATION_MS = 120_000
const WATCH_INTERVAL_MS = 5_000
/** Starts of the agent during the probation of a bundle, beyond which the bundle is to blame. */
const STARTS_MAX = 3
const TIMEOUT_MS = 120_000
/** A bundle as JSON text: its files with every character escaped at worst. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/**
 * Keeps the agent on the bundle its server wants it to run: fetches it, checks it whole, puts it to
 * work, watches it, and goes back to the one before by itself when something is wrong, also when
 * what is wrong is that the agent keeps ending. One that was refused or rolled back is not tried
 * again; the server signs another one under a higher version.
 */
export class BundleKeeper {
  readonly #options: BundleKeeperOptions
  #state: BundleState = { version_max: 0 }
  #offered: string | undefined
  #wanted = Promise.withResolvers<void>()

  constructor(options: BundleKeeperOptions) {
    this.#options = options
  }

  /** Puts to work what was at work before, or what came before that if it has gone bad. */
  async open(): Promise<void> {
    const { folder, target } = this.#options
    this.#state = await folder.loadState()
    const { active, probation_starts: starts } = this.#state
    if (active === undefined) return await target.apply(undefined)
    if (starts !== undefined) {
      if (starts >= STARTS_MAX) return await this.#rollBack('The agent keeps ending with it.')
      await this.#save({ ...this.#state, probation_starts: starts + 1 })
    }
    try {
      await target.apply(await this.#stored(active))
    } catch (error) {
      await this.#rollBack(messageOf(error))
    }
  }

  /** The server says which bundle this host should run. */
  offer(id: string): void {
    this.#offered = id
    if (this.#isWanted()) this.#wanted.resolve()
  }

  /** What the server is told. */
  report(): BundleReport {
    const { active, refused: last } = this.#state
    const offered = this.#offered === undefined ? {} : { offered: this.#offered }
    const applied = active === undefined ? {} : { applied: active }
    const isLast = last !== undefined && (this.#offered ?? last.id) === last.id
    if (isLast) return { ...applied, ...offered, state: last.state, reason: last.reason }
    return { ...applied, ...offered, state: active === undefined ? 'none' : 'applied' }
  }

  /** Follows the server until the signal is aborted. @throws The signal's reason; AgentError. */
  async run(signal: AbortSignal): Promise<never> {
    const stop = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => stop.reject(signal.reason), { once: true })
    stop.promise.catch(() => undefined)
    for (;;) {
      signal.throwIfAborted()
      if (this.#state.probation_starts !== undefined) await this.#watch(signal)
      if (this.#isWanted()) await this.fetch(signal)
      if (this.#isWanted() || this.#state.probation_starts !== undefined) continue
      this.#wanted = Promise.withResolvers()
      await Promise.race([this.#wanted.promise, stop.promise])
    }
  }

  /** Fetches what the server wants this host to run and puts it to work, if it is right. */
  async fetch(signal: AbortSignal): Promise<void> {
    const { link } = this.#options
    const { active } = this.#state
    const answer = await link.call({
      method: 'GET',
      path: `/agent/v1/bundle${active === undefined ? '' : `?current=${active}`}`,
      timeoutMs: TIMEOUT_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
      signal,
    })
    if (answer.status === 304) {
      this.#offered = active
      return
    }
    if (answer.status !== 200) {
      const { message } = readProblem(answer)
      throw new AgentError('ERR_UPLINK_ANSWER', `The server gives no bundle: ${message}`, {
        details: { status: answer.status },
      })
    }
    await this.#take(readJson(answer.body))
  }

  async #take(value: unknown): Promise<void> {
    const { identity, link } = this.#options
    const parsed = Bundle.safeParse(value)
    const id = parsed.success ? bundleId(parsed.data) : this.#offered
    if (id !== undefined) this.#offered = id
    if (id === this.#state.active) return
    try {
      if (!parsed.success) throw refused('It has not the form of a bundle.')
      const { tenant_id: tenantId, signing_keys: keys } = identity()
      const bundle = checkBundle(parsed.data, { tenantId, keys })
      const { version_max: versionMax } = this.#state
      checkNovelty(bundle, { nowNs: link.skew.serverNowNs(), versionMax })
      await this.#activate(bundle, parsed.data)
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'ERR_BUNDLE_REFUSED') throw error
      if (id !== undefined) await this.#refuse(id, 'refused', error.message)
    }
  }

  /**
   * What is at work and what the disk says change in this order: the file, the memory that names
   * it, the engine. Whenever the agent ends between, its next start does the rest.
   */
  async #activate(bundle: CheckedBundle, text: Bundle): Promise<void> {
    const { folder, target, onChange } = this.#options
    const { active, version_max: versionMax } = this.#state
    await folder.save(bundle.id, text)
    await this.#save({
      active: bundle.id,
      ...(active === undefined ? {} : { previous: active }),
      version_max: Math.max(versionMax, bundle.manifest.version),
      probation_starts: 0,
    })
    try {
      await target.apply(bundle)
    } catch (error) {
      return await this.#rollBack(messageOf(error))
    }
    await folder.keepOnly(new Set([bundle.id, ...(active === undefined ? [] : [active])]))
    onChange?.()
  }

  /** Watches a new bundle until it has proven itself or something is wrong. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { sleep, target, probationMs = PROBATION_MS } = this.#options
    for (let leftMs = probationMs; leftMs > 0; leftMs -= WATCH_INTERVAL_MS) {
      await sleep(Math.min(leftMs, WATCH_INTERVAL_MS), signal)
      const problem = target.problem()
      if (problem !== undefined) return await this.#rollBack(problem)
    }
    const { probation_starts: _, ...proven } = this.#state
    await this.#save(proven)
  }

  async #rollBack(reason: string): Promise<void> {
    const { target } = this.#options
    const { active, previous, version_max: versionMax } = this.#state
    // First in memory, then at work: an agent that ends here does not come back with the bad one.
    await this.#save({
      ...(previous === undefined ? {} : { active: previous }),
      version_max: versionMax,
      ...(active === undefined
        ? {}
        : { refused: { id: active, state: 'rolled_back', reason: reason.slice(0, 1_000) } }),
    })
    try {
      await target.apply(previous === undefined ? undefined : await this.#stored(previous))
    } catch (error) {
      // Nothing is left but what the agent brought with it.
      await this.#save({
        version_max: versionMax,
        ...(this.#state.refused === undefined ? {} : { refused: this.#state.refused }),
      })
      await target.apply(undefined)
      throw error
    } finally {
      this.#options.onChange?.()
    }
  }

  async #refuse(id: string, state: 'refused', reason: string): Promise<void> {
    await this.#save({ ...this.#state, refused: { id, state, reason } })
    this.#options.onChange?.()
  }

  /** A bundle of the disk, checked as one that has just come: the server does not write there. */
  async #stored(id: string): Promise<CheckedBundle> {
    const { folder, identity } = this.#options
    const { tenant_id: tenantId, signing_keys: keys } = identity()
    const bundle = checkBundle(await folder.load(id), { tenantId, keys })
    if (bundle.id !== id) throw refused('The file holds another bundle.')
    return bundle
  }

  async #save(state: BundleState): Promise<void> {
    await this.#options.folder.saveState(state)
    this.#state = state
  }

  #isWanted(): boolean {
    const { active, refused: last } = this.#state
    return this.#offered !== undefined && this.#offered !== active && this.#offered !== last?.id
  }
}
