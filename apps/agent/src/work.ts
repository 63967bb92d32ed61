import type { BundleContent } from '@pomona/rules'
import { AgentPolicy } from '@pomona/schema'
import { FILTER_POLICY, policyFilter, type SourceFilter } from '@pomona/sensor'
import type { CheckedBundle } from './bundles/bundle.ts'
import type { BundleTarget } from './bundles/keeper.ts'
import type { AgentConfig } from './config.ts'
import type { Budget } from './health/budget.ts'
import type { JsonLogger } from './log/logger.ts'
import type { HostDetection } from './pipeline/detection.ts'

/** What a bundle changes. */
export interface WorkParts {
  readonly config: AgentConfig
  readonly detection: HostDetection
  readonly log: JsonLogger
  readonly budget: Budget
  /** What is detected with while there is no bundle. */
  readonly content: BundleContent | undefined
  /** The agent's own process, whose files are no business of its own. */
  readonly pid: number
}

/** What the agent does and how, by its bundle or without one. */
export class Work implements BundleTarget {
  readonly #parts: WorkParts
  #policy: AgentPolicy
  #filter: SourceFilter
  /** Throttle of the budget when the bundle was put to work: what came before is not its doing. */
  #throttle = 0

  constructor(parts: WorkParts) {
    this.#parts = parts
    this.#policy = this.#ownPolicy()
    this.#filter = this.#makeFilter()
    this.#detect(parts.content)
  }

  get policy(): AgentPolicy {
    return this.#policy
  }

  /** Whether records of a sensor are not wanted. */
  readonly isOff = (sensor: string): boolean => this.#policy.sensors_off.includes(sensor)

  /** What is left out at the source, by the policy of the time. */
  readonly filter: SourceFilter = {
    ofLine: (glance, text) => this.#filter.ofLine(glance, text),
    ofRecord: (message) => this.#filter.ofRecord(message),
  }

  /** @see BundleTarget.apply */
  apply(bundle: CheckedBundle | undefined): Promise<void> {
    const { content, log, budget } = this.#parts
    const before = this.#policy
    this.#policy = bundle?.manifest.policy ?? this.#ownPolicy()
    try {
      this.#detect(bundle?.content ?? content)
    } catch (error) {
      this.#policy = before
      throw error
    }
    this.#filter = this.#makeFilter()
    log.level = this.#policy.log_level
    this.#throttle = budget.throttle
    log.info({ bundle: bundle?.id, rules: this.#parts.detection.rules }, 'Content is at work.')
    return Promise.resolve()
  }

  /** @see BundleTarget.problem */
  problem(): string | undefined {
    const { detection, budget } = this.#parts
    const costs = budget.throttle > this.#throttle ? budget.problem()?.message : undefined
    return detection.problem() ?? costs
  }

  #detect(content: BundleContent | undefined): void {
    this.#parts.detection.use(this.#policy.host_detection ? content : undefined)
  }

  // What people set on the Mac holds with every bundle.
  #makeFilter(): SourceFilter {
    const { config, pid } = this.#parts
    const mutes = [...FILTER_POLICY.mutes, ...config.mutes, ...this.#policy.mutes]
    return policyFilter({ ...FILTER_POLICY, mutes, ownPid: pid })
  }

  #ownPolicy(): AgentPolicy {
    const { log_level, flush_interval_ms } = this.#parts.config
    return AgentPolicy.parse({ log_level, flush_interval_ms })
  }
}
