import type { HostDescription } from '@pomona/schema'
import type { BundleFolder } from '../bundles/bundle-folder.ts'
import { BundleKeeper, type BundleTarget } from '../bundles/keeper.ts'
import type { CommandExecutors } from '../commands/executors.ts'
import { CommandJournal } from '../commands/journal.ts'
import { CommandRunner } from '../commands/runner.ts'
import { messageOf } from '../errors.ts'
import type { Identity } from '../identity/identity.ts'
import type { SpoolReader } from '../spool/reader.ts'
import { keepGoing } from './lane.ts'
import type { LinkState } from './link.ts'
import { Membership, type MembershipOptions, type Standing } from './membership.ts'
import { type ReportedLedger, type ReportBody, Reporter } from './reporter.ts'
import { Shipper, type ShipperCounts, type ShipperLimits } from './shipper.ts'
import type { TransportCounts } from './transport.ts'

/** What an uplink stands on. */
export interface UplinkOptions extends MembershipOptions {
  /** Drawn at each start. */
  readonly sessionId: string
  /** Starts of the agent on this installation. */
  readonly epoch: number
  readonly spool: SpoolReader
  readonly ledger: ReportedLedger
  readonly body: (host: HostDescription) => Promise<ReportBody>
  /** Time between reports. */
  readonly reportIntervalMs: () => number
  /** Absent for agents that take no commands. */
  readonly commands?: { readonly journalPath: string; readonly executors: CommandExecutors }
  /** Absent for agents that take no bundles. */
  readonly bundles?: { readonly folder: BundleFolder; readonly target: BundleTarget }
  readonly limits?: ShipperLimits
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

const STOP_PATIENCE_MS = 3_000
const NS_PER_MS = 1_000_000n

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
  readonly #membership: Membership
  #lanes: Lanes | undefined

  constructor(options: UplinkOptions) {
    this.#options = options
    this.#membership = new Membership(options)
  }

  get state(): LinkState {
    if (this.#membership.isOpen) return this.#membership.standing.link.state
    return { name: 'offline', reason: 'Not enrolled.' }
  }

  /** Reports now: something has changed that people wait to see. */
  poke(): void {
    this.#lanes?.reporter.poke()
  }

  /** Enrols if need be, before {@link run} would. @throws As `run`, and the signal's reason. */
  async enrol(signal: AbortSignal): Promise<Identity> {
    return (await this.#membership.open(signal)).identity
  }

  /**
   * Runs until the signal is aborted, says goodbye, and resolves.
   *
   * @throws AgentError ERR_ENROLMENT_REFUSED when the server does not let this Mac in;
   *   ERR_IDENTITY_UNREADABLE.
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      const standing = await this.#membership.open(signal)
      this.#lanes = await this.#makeLanes(standing)
      await this.#openBundles(this.#lanes)
      await this.#runLanes(this.#lanes, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    await this.#sayGoodbye()
    await this.#lanes?.journal?.close()
    this.#membership.close()
  }

  counts(): UplinkCounts {
    const { shipper, reporter, runner } = this.#lanes ?? {}
    const { link, transport } = this.#membership.isOpen
      ? this.#membership.standing
      : { link: undefined, transport: undefined }
    return {
      shipped: shipper?.counts() ?? NOTHING_SHIPPED,
      reports: reporter?.sent ?? 0,
      commands: runner?.counts() ?? {},
      retries: link?.retries() ?? {},
      transport: transport?.counts() ?? NOTHING_CARRIED,
    }
  }

  async #runLanes(lanes: Lanes, signal: AbortSignal): Promise<void> {
    const { shipper, reporter, runner, keeper } = lanes
    const lane = (name: string, work: (signal: AbortSignal) => Promise<unknown>) =>
      keepGoing({ ...this.#options, name }, signal, work)
    const ends = await Promise.allSettled([
      lane('delivery', (stop) => shipper.run(stop)),
      lane('reports', (stop) => reporter.run(stop)),
      lane('renewal', (stop) => this.#membership.keep(stop)),
      ...(runner === undefined ? [] : [lane('commands', (stop) => runner.run(stop))]),
      ...(keeper === undefined ? [] : [lane('bundles', (stop) => keeper.run(stop))]),
    ])
    // They only end because they are told to, each in its own time.
    const failure = ends.find(({ status }) => status === 'rejected')
    if (failure?.status === 'rejected') throw failure.reason
  }

  async #makeLanes({ identity: known, link }: Standing): Promise<Lanes> {
    const options = this.#options
    const { bundles, clock, sleep, log } = options
    const host: HostDescription = { id: known.host_id, ...options.host }
    const identity = (): Identity => this.#membership.standing.identity
    const keeper =
      bundles === undefined
        ? undefined
        : new BundleKeeper({ ...bundles, link, sleep, identity, onChange: () => this.poke() })
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
    return { shipper, reporter, keeper, ...(await this.#openCommands()) }
  }

  async #openCommands(): Promise<Pick<Lanes, 'journal' | 'runner'>> {
    const { commands, clock, sleep, log } = this.#options
    if (commands === undefined) return { journal: undefined, runner: undefined }
    const now = new Date(Number(clock.nowNs() / NS_PER_MS)).toISOString()
    const journal = await CommandJournal.open(commands.journalPath, { now })
    const runner = new CommandRunner({
      ...{ clock, sleep, journal, executors: commands.executors },
      link: this.#membership.standing.link,
      identity: () => this.#membership.standing.identity,
      onEnd: (id, { state, code }) => log.info({ id, state, code }, 'A command has ended.'),
    })
    return { journal, runner }
  }

  async #openBundles({ keeper }: Lanes): Promise<void> {
    try {
      await keeper?.open()
    } catch (error) {
      const said = { error: { message: messageOf(error) } }
      this.#options.log.error(said, 'No bundle of this Mac can be used.')
    }
  }

  async #sayGoodbye(): Promise<void> {
    const reporter = this.#lanes?.reporter
    if (reporter === undefined || this.state.name !== 'online') return
    try {
      await reporter.report(AbortSignal.timeout(STOP_PATIENCE_MS), true)
    } catch (error) {
      const said = { error: { message: messageOf(error) } }
      this.#options.log.info(said, 'The server was not told that the agent stops.')
    }
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
