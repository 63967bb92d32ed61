import { join } from 'node:path'
import type { Normalizer } from '@pomona/normalize'
import {
  type FileFactsCollector,
  processSnapshot,
  redactText,
  type SensorProblem,
} from '@pomona/sensor'
import type { HostDescription } from '@pomona/schema'
import { membershipOf } from './belonging.ts'
import { BundleFolder } from './bundles/bundle-folder.ts'
import { commandExecutors } from './commands/executors.ts'
import type { AgentConfig } from './config.ts'
import type { AgentDeps } from './deps.ts'
import { codeOf, messageOf } from './errors.ts'
import type { Budget } from './health/budget.ts'
import { type AgentStatus, STATUS_FILE } from './health/status.ts'
import { UsageMeter, type UsageSample } from './health/usage.ts'
import type { MachineFacts } from './host-facts.ts'
import { readOwnFile, removeFile, replaceFile } from './identity/atomic-file.ts'
import type { Identity } from './identity/identity.ts'
import { LedgerFeed } from './ledger/feed.ts'
import { instant } from './ledger/entry.ts'
import type { JsonLogger } from './log/logger.ts'
import type { HostDetection } from './pipeline/detection.ts'
import type { Pipeline } from './pipeline/pipeline.ts'
import type { Source } from './pipeline/source.ts'
import type { Posture } from './posture.ts'
import type { Reporting } from './reporting.ts'
import type { Spool } from './spool/spool.ts'
import { Uplink } from './uplink/uplink.ts'
import type { Work } from './work.ts'

/** Everything an agent consists of while it runs. */
export interface RunningParts {
  readonly config: AgentConfig
  readonly deps: AgentDeps
  readonly facts: MachineFacts
  readonly identity: Identity
  readonly log: JsonLogger
  readonly spool: Spool
  readonly budget: Budget
  readonly detection: HostDetection
  readonly work: Work
  readonly sources: readonly Source[]
  readonly normalizer: Normalizer
  readonly pipeline: Pipeline
  readonly reporting: Reporting
  readonly fileFacts: FileFactsCollector | undefined
  readonly posture: Posture
  readonly onDiskError: (error: unknown) => void
}

const NS_PER_MS = 1_000_000n
const WATCH_INTERVAL_MS = 10_000
const DETECTION_FILE = 'detection.json'
/** Rules over several events look back minutes: what is older than this is of no use. */
const DETECTION_AGE_MS_MAX = 3_600_000
const SENSORS_STOP_MS = 4_000
const UNLISTED_REMEDY =
  'Rules that ask for a parent tell too much of programs older than the agent; restart it.'

/** An agent between its beginning and its end. */
export class Running {
  readonly #parts: RunningParts
  readonly #host: HostDescription
  readonly #uplink: Uplink | undefined
  readonly #ledger: LedgerFeed
  readonly #meter: UsageMeter
  /** From one report to the next. */
  readonly #reportMeter: UsageMeter
  #unlisted: SensorProblem | undefined
  #usage: UsageSample = { cpuPercent: 0, memoryBytes: 0 }

  constructor(parts: RunningParts) {
    this.#parts = parts
    this.#host = { id: parts.identity.host_id, ...parts.facts.host }
    this.#meter = new UsageMeter(parts.deps.usage, parts.deps.clock)
    this.#reportMeter = new UsageMeter(parts.deps.usage, parts.deps.clock)
    this.#ledger = new LedgerFeed(parts.spool, parts.deps.clock)
    this.#uplink = this.#makeUplink()
  }

  /** Why it is not known what ran before the agent, where it is not. */
  get unlisted(): SensorProblem | undefined {
    return this.#unlisted
  }

  /** Has something to tell before the next report is due. */
  report(): void {
    this.#uplink?.poke()
  }

  /** Runs until the signal is aborted, then comes to an orderly end. */
  async run(signal: AbortSignal): Promise<void> {
    const { sources, pipeline, spool, log } = this.#parts
    const names = sources.flatMap(({ sensor }) => sensor.health()).map(({ sensor }) => sensor)
    spool.watch(names)
    await this.#restoreDetection()
    // What they sense waits until it is known what ran before: rules ask for parents.
    for (const { sensor } of sources) sensor.start()
    this.#parts.posture.start()
    await this.#seedProcesses()
    const { epoch, streamId } = spool.epoch
    log.info({ epoch, stream_id: streamId, sensors: names }, 'The agent runs.')
    const uplink = new AbortController()
    const work = Promise.all([
      this.#uplink?.run(uplink.signal),
      this.#always(
        () => this.#parts.work.policy.flush_interval_ms,
        signal,
        () => this.#flush(),
      ),
      this.#always(
        () => WATCH_INTERVAL_MS,
        signal,
        () => this.#watch(false),
      ),
    ])
    const sensing = pipeline.run()
    const stopped = Promise.withResolvers<undefined>()
    signal.addEventListener('abort', () => stopped.resolve(undefined), { once: true })
    if (signal.aborted) stopped.resolve(undefined)
    try {
      await this.#watch(false)
      await Promise.race([stopped.promise, work, sensing])
    } finally {
      await this.#end({ sensing, work, uplink })
    }
  }

  /** Who runs already: what a sensor says of a process it saw begin is better and wins. */
  async #seedProcesses(): Promise<void> {
    const { deps, normalizer, log } = this.#parts
    // Elsewhere the records are not of the machine the agent runs on.
    if (deps.platform !== 'darwin') return
    const snapshot = await processSnapshot(deps.tools, redactText)
    if (snapshot.ok) normalizer.seed(snapshot.processes)
    else {
      this.#unlisted = { ...snapshot.problem, remedy: UNLISTED_REMEDY }
      log.warn({ problem: snapshot.problem }, 'What runs already is not known.')
    }
  }

  /** Takes what the sensors hold, makes it durable, says goodbye. */
  async #end({ sensing, work, uplink }: Strands): Promise<void> {
    const { sources, spool, deps, log, posture, onDiskError } = this.#parts
    posture.stop()
    const patience = new AbortController()
    const late = deps.sleep(SENSORS_STOP_MS, patience.signal).catch(() => undefined)
    await Promise.race([Promise.all(sources.map(({ sensor }) => sensor.stop())), late])
    await Promise.race([sensing, late])
    patience.abort()
    await spool.commit().catch(onDiskError)
    await this.#saveDetection()
    uplink.abort()
    await work
    await this.#watch(true)
    await spool.close().catch(onDiskError)
    log.info({ held: spool.figures().held }, 'The agent has ended.')
  }

  async #flush(): Promise<void> {
    await this.#parts.spool.commit().catch(this.#parts.onDiskError)
    this.#parts.pipeline.tick()
  }

  /** Looks at itself: what it costs, how it is, and says so on its own disk. */
  async #watch(isStopping: boolean): Promise<void> {
    const { budget, log, config, deps } = this.#parts
    this.#usage = this.#meter.sample()
    const hasChanged = budget.take(this.#usage)
    if (hasChanged) {
      const problem = budget.problem()
      log.warn({ problem }, problem === undefined ? 'Back within budget.' : 'Over budget.')
      this.#uplink?.poke()
    }
    try {
      const text = JSON.stringify(this.#status(isStopping))
      await replaceFile(join(config.data_directory, STATUS_FILE), text)
    } catch (error) {
      log.warn({ error: { message: messageOf(error), pid: deps.pid } }, 'No status was written.')
    }
  }

  #status(stopping: boolean): AgentStatus {
    const { deps, config, pipeline, reporting, detection, fileFacts } = this.#parts
    const state = this.#uplink?.state
    const { received, sent, discarded } = pipeline.counts()
    const { ledger_end: _, ...report } = reporting.report(this.#host, this.#usage)
    return {
      format: 1,
      pid: deps.pid,
      updated: instant(Number(deps.clock.nowNs() / NS_PER_MS)),
      stopping,
      server: {
        ...(config.server_url === undefined ? {} : { url: config.server_url }),
        state: state?.name ?? 'none',
        ...(state !== undefined && 'reason' in state ? { reason: state.reason } : {}),
      },
      report,
      events: { received, sent, discarded },
      ...(fileFacts === undefined ? {} : { file_facts: fileFacts.counts() }),
      rules: detection.rules,
    }
  }

  #makeUplink(): Uplink | undefined {
    const { config, deps, spool, work, reporting, identity } = this.#parts
    if (config.server_url === undefined) return undefined
    const folder = join(config.data_directory, 'commands')
    return new Uplink({
      ...membershipOf(this.#parts, config.server_url),
      sessionId: uuid(deps.random.bytes(16)),
      epoch: spool.epoch.epoch,
      spool,
      ledger: this.#ledger,
      body: (host) => Promise.resolve(reporting.report(host, this.#reportMeter.sample())),
      reportIntervalMs: () => work.policy.report_interval_seconds * 1_000,
      commands: {
        journalPath: join(folder, 'journal'),
        executors: commandExecutors({
          collectPosture: async () => this.#posture(),
          restartSensor: (name) => Promise.resolve(this.#restart(name)),
          setLogLevel: (level) => (this.#parts.log.level = level),
        }),
      },
      bundles: {
        folder: new BundleFolder(join(config.data_directory, 'bundles', identity.tenant_id)),
        target: work,
      },
    })
  }

  async #posture(): Promise<Readonly<Record<string, unknown>>> {
    const posture = await this.#parts.posture.snapshot()
    const { host, sensors, permissions } = this.#parts.reporting.report(this.#host, this.#usage)
    return { posture, host, sensors, permissions }
  }

  #restart(name: string): boolean {
    const found = this.#parts.sources.filter(({ sensor }) =>
      sensor.health().some((health) => health.sensor === name),
    )
    for (const { sensor } of found) sensor.restart(name)
    return found.length > 0
  }

  async #restoreDetection(): Promise<void> {
    const { config, detection, deps, log } = this.#parts
    try {
      const path = join(config.data_directory, DETECTION_FILE)
      const text = await readOwnFile(path)
      // After a crash it would be taken up once more, without what happened in between.
      await removeFile(path)
      const saved: unknown = text === undefined ? undefined : JSON.parse(text)
      if (!isSaved(saved)) return
      const ageMs = Number(deps.clock.nowNs() / NS_PER_MS) - saved.savedMs
      const isFresh = ageMs >= 0 && ageMs < DETECTION_AGE_MS_MAX
      if (isFresh && !detection.restore(saved.state)) throw new Error('it is of another version')
    } catch (error) {
      log.warn({ error: { message: messageOf(error) } }, 'Rules begin without what they knew.')
    }
  }

  async #saveDetection(): Promise<void> {
    const { config, detection, deps, log } = this.#parts
    const state = detection.save()
    if (state === undefined) return
    const savedMs = Number(deps.clock.nowNs() / NS_PER_MS)
    try {
      const path = join(config.data_directory, DETECTION_FILE)
      await replaceFile(path, JSON.stringify({ savedMs, state }))
    } catch (error) {
      const said = { error: { message: messageOf(error), code: codeOf(error) } }
      log.warn(said, 'What rules know was not saved.')
    }
  }

  // oxlint-disable-next-line max-params -- interval, end and work of one private loop
  async #always(
    intervalMs: () => number,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    const { sleep } = this.#parts.deps
    while (!signal.aborted) {
      await sleep(intervalMs(), signal).catch(() => undefined)
      if (!signal.aborted) await work()
    }
  }
}

/** What runs side by side. */
interface Strands {
  readonly sensing: Promise<void>
  readonly work: Promise<unknown>
  readonly uplink: AbortController
}

function isSaved(value: unknown): value is { savedMs: number; state: string } {
  if (typeof value !== 'object' || value === null) return false
  if (!('savedMs' in value && 'state' in value)) return false
  return typeof value.savedMs === 'number' && typeof value.state === 'string'
}

/** A random UUID, version 4, of 16 random bytes. */
function uuid(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte, index) => {
    if (index === 6) return ((byte & 0x0f) | 0x40).toString(16)
    if (index === 8) return ((byte & 0x3f) | 0x80).toString(16)
    return byte.toString(16).padStart(2, '0')
  }).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
