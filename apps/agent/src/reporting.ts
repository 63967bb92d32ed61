import type {
  AgentReport,
  Clock,
  HostDescription,
  PostureReport,
  SensorHealth,
} from '@pomona/schema'
import type { FileFactsCollector } from '@pomona/sensor'
import type { Budget } from './health/budget.ts'
import { permissionsOf } from './health/permissions.ts'
import type { UsageSample } from './health/usage.ts'
import { instant } from './ledger/entry.ts'
import type { HostDetection } from './pipeline/detection.ts'
import type { Source } from './pipeline/source.ts'
import type { Spool } from './spool/spool.ts'

/** What of a report the agent itself knows. */
export type OwnReport = Pick<
  AgentReport,
  'epoch' | 'boot_id' | 'host' | 'usage' | 'sensors' | 'permissions' | 'posture' | 'ledger_end'
>

/** What a report is made of. */
export interface ReportParts {
  readonly sources: readonly Source[]
  readonly spool: Spool
  readonly detection: HostDetection
  readonly budget: Budget
  readonly clock: Clock
  readonly fileFacts: FileFactsCollector | undefined
  /** The newest snapshot of the security mechanisms. */
  readonly posture: () => PostureReport | undefined
  /** Why it is not known what ran before the agent. */
  readonly unlisted: () => SensorHealth['problem']
  readonly isRoot: boolean
  readonly isOff: (sensor: string) => boolean
}

const NS_PER_MS = 1_000_000n
const SENSORS_MAX = 32
const STALLED: NonNullable<SensorHealth['problem']> = {
  code: 'files_stalled',
  message: 'Reading files hangs: events are without digest, quarantine and origin of their files.',
  remedy: 'Look for a volume that does not answer, such as a network share that is gone.',
}

/** Says how the agent is. */
export class Reporting {
  readonly #parts: ReportParts
  readonly #started: string
  readonly #since = new Map<string, { readonly state: string; readonly since: string }>()

  constructor(parts: ReportParts) {
    this.#parts = parts
    this.#started = this.#now()
  }

  /** Health of every sensor, and of the parts of the agent that can fail in its way. */
  sensors(): readonly SensorHealth[] {
    const { sources, isOff } = this.#parts
    const sensors = sources.flatMap(({ sensor }) => sensor.health())
    const own = sensors.map((health) =>
      isOff(health.sensor) ? { ...health, state: 'off' as const } : health,
    )
    return [...own, ...this.#inner()].slice(0, SENSORS_MAX)
  }

  /** What a report says of the agent; `host` as the server knows it. */
  report(host: HostDescription, { cpuPercent, memoryBytes }: UsageSample): OwnReport {
    const { spool, detection, isRoot } = this.#parts
    const { bytes, held } = spool.figures()
    const sensors = this.sensors()
    const posture = this.#parts.posture()
    const { epoch, bootId } = spool.epoch
    return {
      epoch,
      boot_id: bootId,
      host,
      usage: {
        started: this.#started,
        cpu_percent: Math.round(cpuPercent * 100) / 100,
        memory_bytes: memoryBytes,
        spool_bytes: bytes,
        spool_events: held,
        alerts: detection.alerts,
      },
      sensors: [...sensors],
      permissions: [...permissionsOf(sensors, isRoot)],
      ...(posture === undefined ? {} : { posture }),
      ledger_end: spool.ledgerEnd,
    }
  }

  #inner(): readonly SensorHealth[] {
    const { spool, budget, detection, fileFacts } = this.#parts
    const unlisted = this.#parts.unlisted()
    const disk = spool.health().problem
    const engine = detection.problem()
    return [
      this.#health(
        'agent.spool',
        disk && { code: 'disk_failed', message: `${disk.code}: ${disk.message}` },
      ),
      this.#health('agent.budget', budget.problem()),
      this.#health('agent.detection', engine && { code: 'engine_failed', message: engine }),
      ...(unlisted === undefined ? [] : [this.#health('agent.processes', unlisted)]),
      ...(fileFacts === undefined
        ? []
        : [this.#health('agent.file_facts', fileFacts.isStalled ? STALLED : undefined)]),
    ]
  }

  #health(sensor: string, problem: SensorHealth['problem'] | '' | undefined): SensorHealth {
    const state = problem ? 'degraded' : 'running'
    const known = this.#since.get(sensor)
    const since = known?.state === state ? known.since : this.#now()
    this.#since.set(sensor, { state, since })
    const counts = { restarts: 0, lost: 0, lost_by_type: {} }
    return { sensor, state, since, ...(problem ? { problem } : {}), ...counts }
  }

  #now(): string {
    return instant(Number(this.#parts.clock.nowNs() / NS_PER_MS))
  }
}
