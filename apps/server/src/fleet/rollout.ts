import { createHash } from 'node:crypto'
import {
  AgentPolicy,
  type Bundle,
  type BundleRecord,
  type Clock,
  formatTime,
  type HostId,
  type HostState,
  parseTime,
  type Rollout as RolloutView,
  type RolloutChange,
  RolloutSettings,
  TENANT_DEFAULT,
} from '@pomona/schema'
import type { AgentStanding, BundleFiles, Records, StoredBundle } from '@pomona/store'
import type { Logger } from 'pino'
import { messageOf } from '../errors.ts'
import { HttpProblem } from '../http/problem.ts'
import { buildContent, contentText, type HostContent } from './bundle-content.ts'
import type { Signer } from './command-desk.ts'
import { countsOf, invitedTo, nextStep, type RolloutHost, ringsOf } from './rollout-plan.ts'

/** What the roll-out works with. */
export interface RolloutOptions {
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
  readonly signer: Signer
  readonly stateOf: (hostId: HostId) => HostState
  /** Told when a bundle has changed. Must not throw. */
  readonly onChange: () => void
}

const POLICY_SETTING = 'agent_policy'
const SETTINGS_SETTING = 'rollout_settings'
const NS_PER_MS = 1_000_000n
const NS_PER_SECOND = 1_000_000_000n
const NS_PER_DAY = 86_400n * NS_PER_SECOND
const LIFETIME_DAYS = 30n
/** So long before its end a bundle is signed again. */
const RENEWAL_DAYS = 15n

type Kind = BundleRecord['kind']

interface Content {
  readonly files: BundleFiles
  readonly rules: number
  readonly leftOut: readonly string[]
  readonly policy: AgentPolicy
}

/**
 * Makes bundles of the server's content and brings them to hosts ring by ring; halts by itself
 * when hosts of a ring refuse one, go back, keep ending or tell too many alerts, and goes back to
 * the last good content under a higher version.
 */
export class Rollout {
  readonly #options: RolloutOptions
  readonly #hosts = new Map<HostId, Omit<RolloutHost, 'state'>>()
  #bundles: readonly StoredBundle[] = []
  #policy = AgentPolicy.parse({})
  #settings = RolloutSettings.parse({})
  #invited: ReadonlySet<HostId> = new Set()
  #problem: string | undefined
  #content: HostContent | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: RolloutOptions) {
    this.#options = options
  }

  /** Reads what is decided and how far it has come. */
  async open(): Promise<void> {
    const { records } = this.#options
    this.#policy = AgentPolicy.parse(json(await records.setting(POLICY_SETTING)))
    this.#settings = RolloutSettings.parse(json(await records.setting(SETTINGS_SETTING)))
    for (const agent of await records.reports.agents(TENANT_DEFAULT)) this.reported(agent)
    await this.#read()
  }

  /** A report of a host was taken. */
  reported({ hostId, report, trial }: AgentStanding): void {
    this.#hosts.set(hostId, { hostId, bundle: report.bundle, trial })
  }

  /** How often a host that runs this bundle reports. */
  intervalSeconds(applied: string | undefined): number {
    const bundle = this.#bundles.find(({ id }) => id === applied)
    return (bundle?.policy ?? AgentPolicy.parse({})).report_interval_seconds
  }

  /** The bundle a host should run; never one that is older than what it runs. */
  bundleFor(hostId: HostId, applied: string | undefined): string | undefined {
    const candidate = this.#candidate
    const runs = this.#bundles.find(({ id }) => id === applied)
    const isInvited = candidate?.state === 'rolling' && this.#invited.has(hostId)
    const target = isInvited ? candidate : this.#base
    if (runs !== undefined && (target === undefined || runs.version >= target.version)) {
      return runs.id
    }
    return target?.id
  }

  /** A bundle as an agent takes it. */
  async bundle(id: string): Promise<Bundle | undefined> {
    const signed = await this.#options.records.bundles.signed(TENANT_DEFAULT, id)
    return signed && { manifest: signed.manifest, files: { ...signed.files } }
  }

  /** Takes up the server's content; offers it when it is new. Never throws for what is in it. */
  async contentChanged(content: HostContent, actor: string): Promise<void> {
    this.#content = content
    await this.#inTurn(() => this.#offer(actor, { isAsked: false }))
  }

  /** Offers the present content although it was halted or went back before. */
  async offer(actor: string): Promise<void> {
    await this.#inTurn(() => this.#offer(actor, { isAsked: true }))
  }

  /** Changes what is decided for all agents. */
  async change({ policy, settings }: RolloutChange, actor: string): Promise<void> {
    await this.#inTurn(async () => {
      const { records } = this.#options
      if (settings !== undefined) {
        await records.setSetting(SETTINGS_SETTING, JSON.stringify(settings))
        this.#settings = settings
        await this.#audit(actor, 'rollout_settings_changed', { settings: JSON.stringify(settings) })
      }
      if (policy !== undefined) {
        await records.setSetting(POLICY_SETTING, JSON.stringify(policy))
        this.#policy = policy
        await this.#audit(actor, 'agent_policy_changed', { policy: JSON.stringify(policy) })
        await this.#offer(actor, { isAsked: false })
      }
      await this.#read()
    })
  }

  /** @throws HttpProblem when nothing is rolling. */
  async halt(actor: string, reason: string): Promise<void> {
    await this.#inTurn(async () => {
      const candidate = this.#candidate
      if (candidate?.state !== 'rolling') throw conflict('Nothing is being rolled out.')
      await this.#halt(candidate, { actor, reason })
    })
  }

  /** Goes on with what was halted; the hosts that failed so far are accepted. */
  async resume(actor: string): Promise<void> {
    await this.#inTurn(async () => {
      const candidate = this.#candidate
      if (candidate?.state !== 'halted') throw conflict('Nothing is halted.')
      const { refused, rolled_back, crashed, noisy } = this.#countsOf(candidate)
      const tolerated = refused + rolled_back + crashed + noisy
      const ring_since = this.#now()
      await this.#set(candidate, { state: 'rolling', ring_since, tolerated, reason: '' })
      await this.#audit(actor, 'rollout_resumed', { bundle: candidate.id })
    })
  }

  /**
   * Signs the content of an earlier bundle under a higher version, for everybody.
   * @throws HttpProblem when there is none to go back to.
   */
  async rollBack(actor: string, to?: string): Promise<void> {
    await this.#inTurn(async () => await this.#rollBack(actor, to))
  }

  /** Looks whether a ring is done, or something went wrong; renews what is about to be over. */
  async look(): Promise<void> {
    await this.#inTurn(async () => {
      const candidate = this.#candidate
      if (candidate?.state === 'rolling') await this.#step(candidate)
      else if (candidate === undefined) await this.#renew()
      this.#invite()
    })
  }

  view(): RolloutView {
    return {
      bundles: this.#bundles.map(({ reason, ...bundle }) => ({
        ...bundle,
        // An empty one is what is left when somebody went on.
        ...(reason && { reason }),
        counts: this.#countsOf(bundle),
      })),
      policy: this.#policy,
      settings: this.#settings,
      rings: ringsOf(this.#settings),
      ...(this.#problem !== undefined && { problem: this.#problem }),
    }
  }

  get #candidate(): StoredBundle | undefined {
    return this.#bundles.find(({ state }) => state === 'rolling' || state === 'halted')
  }

  get #base(): StoredBundle | undefined {
    return this.#bundles.find(({ state }) => state === 'complete')
  }

  get #all(): readonly RolloutHost[] {
    const { stateOf } = this.#options
    return Array.from(this.#hosts.values(), (host) => ({ ...host, state: stateOf(host.hostId) }))
  }

  /** What ran before: the last that was complete, or the one before that. */
  get #earlier(): StoredBundle | undefined {
    const base = this.#base
    if (this.#candidate !== undefined || base === undefined) return base
    const last = ringsOf(this.#settings) - 1
    return this.#bundles.find(
      ({ state, content, ring, reason }) =>
        state === 'superseded' && content !== base.content && ring >= last && !reason,
    )
  }

  #countsOf(bundle: StoredBundle): BundleRecord['counts'] {
    const all = this.#all
    const isOpen = bundle.state === 'rolling' || bundle.state === 'halted'
    const invited = isOpen ? invitedTo(bundle.ring, all, this.#settings) : all
    const counts = countsOf(bundle.id, invited, this.#settings)
    return bundle.state === 'superseded' ? { ...counts, hosts: 0 } : counts
  }

  async #step(candidate: StoredBundle): Promise<void> {
    const [settings, hosts] = [this.#settings, this.#all]
    const nowMs = Number(this.#options.clock.nowNs() / NS_PER_MS)
    const step = nextStep({ bundle: candidate, hosts, settings, nowMs })
    if (step.kind === 'halt') {
      await this.#halt(candidate, { actor: 'server', reason: step.reason })
      if (settings.roll_back && this.#base !== undefined) await this.#rollBack('server')
    }
    if (step.kind === 'advance') {
      await this.#set(candidate, { ring: step.ring, ring_since: this.#now() })
      const details = { bundle: candidate.id, ring: String(step.ring) }
      await this.#audit('server', 'rollout_advanced', details)
    }
    if (step.kind === 'complete') {
      const base = this.#base
      await this.#set(candidate, { state: 'complete', ring_since: this.#now() })
      if (base !== undefined) await this.#set(base, { state: 'superseded' })
      await this.#audit('server', 'rollout_completed', { bundle: candidate.id })
    }
  }

  async #halt(
    candidate: StoredBundle,
    { actor, reason }: { readonly actor: string; readonly reason: string },
  ): Promise<void> {
    await this.#set(candidate, { state: 'halted', reason })
    await this.#audit(actor, 'rollout_halted', { bundle: candidate.id, reason })
    this.#options.logger.error({ bundle: candidate.id, reason }, 'A roll-out was halted.')
  }

  async #offer(actor: string, { isAsked }: { readonly isAsked: boolean }): Promise<void> {
    const content = this.#build()
    if (content === undefined) return
    const hash = sha256(contentText(content.files, content.policy))
    const lastOffered = this.#bundles.find(({ kind }) => kind === 'content')
    const isKnown = hash === lastOffered?.content || hash === this.#base?.content
    if (isKnown && !isAsked) return
    // Without anything to compare it with there is nothing to go back to either.
    const state = this.#bundles.length === 0 ? 'complete' : 'rolling'
    await this.#add(content, { kind: 'content', state, actor })
  }

  #build(): Content | undefined {
    if (this.#content === undefined) return undefined
    try {
      const { files, rules, leftOut } = buildContent(this.#content)
      this.#problem = undefined
      return { files, rules, leftOut, policy: this.#policy }
    } catch (error) {
      this.#problem = messageOf(error)
      this.#options.logger.error({ reason: this.#problem }, 'No bundle can be made of the content.')
      return undefined
    }
  }

  async #rollBack(actor: string, to?: string): Promise<void> {
    const target = to === undefined ? this.#earlier : this.#bundles.find(({ id }) => id === to)
    const signed = target && (await this.bundle(target.id))
    if (target === undefined || signed === undefined) {
      throw conflict('There is no earlier content to go back to.')
    }
    const { rules, policy, left_out: leftOut } = target
    const content = { files: signed.files, rules, leftOut, policy }
    await this.#add(content, { kind: 'rollback', state: 'complete', actor })
  }

  async #renew(): Promise<void> {
    const base = this.#base
    if (base === undefined) return
    const leftNs = (parseTime(base.expires) ?? 0n) - this.#options.clock.nowNs()
    if (leftNs > RENEWAL_DAYS * NS_PER_DAY) return
    const signed = await this.bundle(base.id)
    if (signed === undefined) return
    const { rules, policy, left_out: leftOut } = base
    const content = { files: signed.files, rules, leftOut, policy }
    await this.#add(content, { kind: 'renewal', state: 'complete', actor: 'server' })
  }

  async #add(
    { files, rules, leftOut, policy }: Content,
    how: { readonly kind: Kind; readonly state: 'rolling' | 'complete'; readonly actor: string },
  ): Promise<void> {
    const { records, clock, signer } = this.#options
    const nowNs = clock.nowNs()
    const [created, expires] = [formatTime(nowNs), formatTime(nowNs + LIFETIME_DAYS * NS_PER_DAY)]
    // Seconds, so that records that were restored from a backup do not count below their agents.
    const version = Math.max((this.#bundles[0]?.version ?? 0) + 1, Number(nowNs / NS_PER_SECOND))
    const listed = Object.entries(files).map(([path, text]) => ({
      path,
      sha256: sha256(text),
      bytes: Buffer.byteLength(text),
    }))
    const facts = { version, created, expires, policy }
    const payload = JSON.stringify({ tenant_id: TENANT_DEFAULT, ...facts, files: listed })
    const bundle: StoredBundle = {
      id: sha256(payload),
      ...facts,
      kind: how.kind,
      created_by: how.actor,
      rules,
      files: listed.length,
      bytes: listed.reduce((sum, { bytes }) => sum + bytes, 0),
      content: sha256(contentText(files, policy)),
      left_out: [...leftOut],
      state: how.state,
      ring: how.state === 'complete' ? ringsOf(this.#settings) - 1 : 0,
      ring_since: created,
    }
    const keep = how.state === 'rolling' ? this.#base?.id : undefined
    const manifest = await signer.sign(payload)
    await records.bundles.add(TENANT_DEFAULT, { bundle, manifest, files }, keep)
    const details = { kind: how.kind, version: String(version), rules: String(rules) }
    await this.#audit(how.actor, 'bundle_offered', { bundle: bundle.id, ...details })
    this.#options.logger.info({ bundle: bundle.id, ...details }, 'A bundle is offered to hosts.')
    await this.#read()
  }

  async #set(
    { id }: StoredBundle,
    change: Parameters<Records['bundles']['change']>[2],
  ): Promise<void> {
    await this.#options.records.bundles.change(TENANT_DEFAULT, id, change)
    await this.#read()
  }

  async #read(): Promise<void> {
    this.#bundles = await this.#options.records.bundles.list(TENANT_DEFAULT)
    this.#invite()
    this.#options.onChange()
  }

  #invite(): void {
    const candidate = this.#candidate
    const invited =
      candidate === undefined ? [] : invitedTo(candidate.ring, this.#all, this.#settings)
    this.#invited = new Set(invited.map(({ hostId }) => hostId))
  }

  // One change after the other: each stands on what the one before left.
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    await turn
  }

  async #audit(
    actor: string,
    action: string,
    details: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { records } = this.#options
    await records.audit({ time: this.#now(), actor, action, target: 'bundles', details })
  }

  #now(): string {
    return formatTime(this.#options.clock.nowNs())
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function json(text: string | undefined): unknown {
  return text === undefined ? {} : JSON.parse(text)
}

function conflict(message: string): HttpProblem {
  return new HttpProblem('conflict', message)
}
