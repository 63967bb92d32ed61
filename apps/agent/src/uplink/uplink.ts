import type { HostDescription, Random, Clock } from '@pomona/schema'
import { BundleKeeper, type BundleTarget } from '../bundles/keeper.ts'
import type { BundleFolder } from '../bundles/bundle-folder.ts'
import type { CommandExecutors } from '../commands/executors.ts'
import { CommandJournal } from '../commands/journal.ts'
import { CommandRunner } from '../commands/runner.ts'
import { AgentError, codeOf, messageOf } from '../errors.ts'
import { enrol, pinnedAuthority, renew } from '../identity/enrolment.ts'
import { certificateSpan, type Identity, type IdentityStore } from '../identity/identity.ts'
import { renewalMs } from '../identity/renewal.ts'
import type { Sleep } from '../machine.ts'
import type { SpoolReader } from '../spool/reader.ts'
import { BACKOFF_DEFAULT, type BackoffOptions, backoffMs } from './backoff.ts'
import { HttpsTransport } from './https-transport.ts'
import { keepGoing, type UplinkLog } from './lane.ts'
import { Link, type LinkState } from './link.ts'
import { type LedgerFeed, type ReportBody, Reporter } from './reporter.ts'
import { Shipper, type ShipperCounts, type ShipperLimits } from './shipper.ts'
import type { Transport, TransportCounts, TransportIdentity } from './transport.ts'

/** What an uplink stands on. */
export interface UplinkOptions {
  /** Address of the server's agent listener: `https://…`. */
  readonly server: string
  /** By which this Mac enrols; not needed once it has. */
  readonly token?: string
  readonly hardwareUuid: string
  readonly host: Omit<HostDescription, 'id'>
  /** Drawn at each start. */
  readonly sessionId: string
  /** Starts of the agent on this installation. */
  readonly epoch: number
  readonly clock: Clock
  readonly random: Random
  readonly sleep: Sleep
  readonly log: UplinkLog
  readonly identity: IdentityStore
  readonly spool: SpoolReader
  readonly ledger: LedgerFeed
  readonly body: (host: HostDescription) => Promise<ReportBody>
  /** Time between reports. */
  readonly reportIntervalMs: () => number
  /** Absent for agents that take no commands. */
  readonly commands?: { readonly journalPath: string; readonly executors: CommandExecutors }
  /** Absent for agents that take no bundles. */
  readonly bundles?: { readonly folder: BundleFolder; readonly target: BundleTarget }
  readonly limits?: ShipperLimits
  readonly backoff?: BackoffOptions
  /** Another way to the server than HTTPS, for tests. */
  readonly connect?: (identity: TransportIdentity) => Transport
  readonly onState?: (state: LinkState) => void
}

/** What an uplink did since its start. */
export interface UplinkCounts {
  readonly shipped: ShipperCounts
  readonly reports: number
  readonly commands: Readonly<Record<string, number>>
  /** Requests that had to be made again, by cause. */
  readonly retries: Readonly<Record<string, number>>
  readonly transport: TransportCounts
}

const RENEWAL_CHECK_MS = 3_600_000
const STOP_PATIENCE_MS = 3_000
const NS_PER_MS = 1_000_000n
const MS_PER_DAY = 86_400_000

interface Lanes {
  readonly shipper: Shipper
  readonly reporter: Reporter
  readonly runner: CommandRunner | undefined
  readonly journal: CommandJournal | undefined
  readonly keeper: BundleKeeper | undefined
}

/**
 * Everything between an agent and its server: enrols when it has to, then delivers, reports, takes
 * commands and bundles, and renews its certificate, each on a strand of its own, until the signal
 * is aborted. Nothing here waits for the server to sense or to detect.
 */
export class Uplink {
  readonly #options: UplinkOptions
  #link: Link | undefined
  #transport: Transport | undefined
  #identity: Identity | undefined
  #lanes: Lanes | undefined

  constructor(options: UplinkOptions) {
    this.#options = options
  }

  /** Who this agent is, once it has enrolled. */
  get identity(): Identity | undefined {
    return this.#identity
  }

  get state(): LinkState {
    return this.#link?.state ?? { name: 'offline', reason: 'Not enrolled.' }
  }

  /** Reports now: something has changed that people wait to see. */
  poke(): void {
    this.#lanes?.reporter.poke()
  }

  /** Enrols if need be. @throws AgentError ERR_ENROLMENT_REFUSED; the signal's reason. */
  async enrol(signal: AbortSignal): Promise<Identity> {
    const { identity: store } = this.#options
    const known = await store.load()
    this.#identity = known ?? (await this.#enrolAnew(signal))
    this.#present(this.#identity)
    return this.#identity
  }

  /**
   * Runs until the signal is aborted, says goodbye, and resolves.
   *
   * @throws AgentError ERR_ENROLMENT_REFUSED when the server does not let this Mac in;
   *   ERR_IDENTITY_UNREADABLE.
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      const identity = await this.enrol(signal)
      const lanes = (this.#lanes ??= await this.#makeLanes(identity))
      await this.#openBundles(lanes)
      await this.#runLanes(lanes, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    await this.#sayGoodbye()
    await this.#lanes?.journal?.close()
    this.#transport?.close()
  }

  counts(): UplinkCounts {
    const { shipper, reporter, runner } = this.#lanes ?? {}
    return {
      shipped: shipper?.counts() ?? NOTHING_SHIPPED,
      reports: reporter?.sent ?? 0,
      commands: runner?.counts() ?? {},
      retries: this.#link?.retries() ?? {},
      transport: this.#transport?.counts() ?? NOTHING_CARRIED,
    }
  }

  async #runLanes(lanes: Lanes, signal: AbortSignal): Promise<void> {
    const { shipper, reporter, runner, keeper } = lanes
    const lane = (name: string, work: (signal: AbortSignal) => Promise<unknown>) =>
      keepGoing({ ...this.#options, name }, signal, work)
    const ends = await Promise.allSettled([
      lane('delivery', (stop) => shipper.run(stop)),
      lane('reports', (stop) => reporter.run(stop)),
      lane('renewal', (stop) => this.#renewAlways(stop)),
      ...(runner === undefined ? [] : [lane('commands', (stop) => runner.run(stop))]),
      ...(keeper === undefined ? [] : [lane('bundles', (stop) => keeper.run(stop))]),
    ])
    // They only end because they are told to, each in its own time.
    const failure = ends.find(({ status }) => status === 'rejected')
    if (failure?.status === 'rejected') throw failure.reason
  }

  async #makeLanes(identity: Identity): Promise<Lanes> {
    const options = this.#options
    const { commands, bundles, clock, sleep, log } = options
    const link = this.#demandLink()
    const host: HostDescription = { id: identity.host_id, ...options.host }
    const own = (): Identity => this.#identity ?? identity
    const keeper =
      bundles === undefined
        ? undefined
        : new BundleKeeper({ ...bundles, link, sleep, identity: own, onChange: () => this.poke() })
    const now = new Date(Number(clock.nowNs() / NS_PER_MS)).toISOString()
    const journal =
      commands === undefined ? undefined : await CommandJournal.open(commands.journalPath, { now })
    const runner =
      commands === undefined || journal === undefined
        ? undefined
        : new CommandRunner({
            ...{ link, clock, sleep, identity: own, executors: commands.executors },
            journal,
            onEnd: (id, { state, code }) => log.info({ id, state, code }, 'A command has ended.'),
          })
    const shipper = new Shipper({
      ...options,
      ...{ link, host },
      onDiscard: ({ firstSequence, lastSequence }, reason) =>
        log.error({ firstSequence, lastSequence, reason }, 'The server will never take events.'),
    })
    const reporter = new Reporter({
      ...{ link, clock, sleep, sessionId: options.sessionId, ledger: options.ledger },
      body: () => options.body(host),
      bundle: () => keeper?.report() ?? { state: 'none' },
      intervalMs: options.reportIntervalMs,
      onBundle: (id) => keeper?.offer(id),
      onLedgerProblem: (problem) =>
        log.error({ problem }, 'The server does not take the ledger of this Mac.'),
    })
    return { shipper, reporter, runner, journal, keeper }
  }

  async #openBundles({ keeper }: Lanes): Promise<void> {
    const { log } = this.#options
    try {
      await keeper?.open()
    } catch (error) {
      log.error({ error: { message: messageOf(error) } }, 'No bundle of this Mac can be used.')
    }
  }

  /** Enrols with the token, until the server answers. */
  async #enrolAnew(signal: AbortSignal): Promise<Identity> {
    const { server, token, hardwareUuid, host, identity: store, log } = this.#options
    if (token === undefined) {
      throw new AgentError(
        'ERR_ENROLMENT_REFUSED',
        'This Mac is not enrolled: set enrolment_token to one that the server has made.',
      )
    }
    const fingerprint = token.split('.')[1]
    if (fingerprint === undefined) {
      throw new AgentError('ERR_ENROLMENT_REFUSED', 'The enrolment token is not a whole one.')
    }
    const authority = await this.#findAuthority({ server, fingerprint }, signal)
    this.#present({ authority })
    const link = this.#demandLink()
    const identity = await enrol({ link, store, token, hardwareUuid, host }, signal)
    log.info({ host_id: identity.host_id }, 'This Mac is enrolled.')
    return identity
  }

  async #findAuthority(
    pin: { readonly server: string; readonly fingerprint: string },
    signal: AbortSignal,
  ): Promise<string> {
    const { random, sleep, log, backoff = BACKOFF_DEFAULT } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        return await pinnedAuthority(pin, signal)
      } catch (error) {
        signal.throwIfAborted()
        log.warn({ error: { message: messageOf(error) } }, 'The server was not found yet.')
      }
      await sleep(backoffMs(attempt, backoff, random), signal)
    }
  }

  async #renewAlways(signal: AbortSignal): Promise<void> {
    const { random, sleep } = this.#options
    for (;;) {
      const identity = this.#identity
      if (identity === undefined) return
      const dueMs = renewalMs(certificateSpan(identity.certificate), random)
      // By steps: a Mac sleeps, and its clock may be set.
      while (this.#serverNowMs() < dueMs) {
        const leftMs = dueMs - this.#serverNowMs()
        await sleep(Math.min(leftMs, RENEWAL_CHECK_MS), signal)
      }
      await this.#renewOnce(identity, signal)
    }
  }

  async #renewOnce(identity: Identity, signal: AbortSignal): Promise<void> {
    const { identity: store, token, log, random, sleep } = this.#options
    const link = this.#demandLink()
    try {
      this.#identity = await renew({ link, store }, signal)
      log.info({ host_id: identity.host_id }, 'The certificate of this Mac was renewed.')
    } catch (error) {
      signal.throwIfAborted()
      const leftMs = certificateSpan(identity.certificate).toMs - this.#serverNowMs()
      const said = { error: { message: messageOf(error), code: codeOf(error) } }
      log.error(
        { ...said, days_left: Math.floor(leftMs / MS_PER_DAY) },
        'The certificate of this Mac was not renewed; it is tried again.',
      )
      if (leftMs > 0 || token === undefined) {
        await sleep(
          backoffMs(0, { firstMs: RENEWAL_CHECK_MS, maxMs: RENEWAL_CHECK_MS }, random),
          signal,
        )
        return
      }
      this.#identity = await this.#enrolAnew(signal)
    }
    this.#present(this.#identity)
  }

  async #sayGoodbye(): Promise<void> {
    const reporter = this.#lanes?.reporter
    if (reporter === undefined || this.#link?.state.name !== 'online') return
    try {
      await reporter.report(AbortSignal.timeout(STOP_PATIENCE_MS), true)
    } catch (error) {
      const said = { error: { message: messageOf(error) } }
      this.#options.log.info(said, 'The server was not told that the agent stops.')
    }
  }

  #present(identity: Identity | { readonly authority: string }): void {
    const { server, connect, clock, random, sleep, backoff, onState } = this.#options
    const shown: TransportIdentity =
      'key' in identity
        ? {
            authority: identity.authority,
            client: { key: identity.key, certificate: identity.certificate },
          }
        : { authority: identity.authority }
    if (this.#transport !== undefined) return this.#transport.present(shown)
    this.#transport = connect?.(shown) ?? new HttpsTransport({ server, identity: shown })
    this.#link = new Link({
      ...{ transport: this.#transport, clock, random, sleep },
      ...(backoff === undefined ? {} : { backoff }),
      ...(onState === undefined ? {} : { onState }),
    })
  }

  #demandLink(): Link {
    if (this.#link === undefined) throw new Error('A link exists once there is an authority.')
    return this.#link
  }

  #serverNowMs(): number {
    return Number(this.#demandLink().skew.serverNowNs() / NS_PER_MS)
  }
}

const NOTHING_SHIPPED: ShipperCounts = {
  batches: 0,
  delivered: 0,
  duplicates: 0,
  overlaps: 0,
  deadLetters: 0,
  discarded: {},
  bytes: 0,
  wireBytes: 0,
}

const NOTHING_CARRIED: TransportCounts = {
  requests: 0,
  handshakes: 0,
  resumed: 0,
  bytesSent: 0,
  bytesReceived: 0,
}
