import type { SensorProblem } from '@pomona/sensor'
import type { UsageSample } from './usage.ts'

/** What the agent may cost. */
export interface BudgetLimits {
  /** Of one core, in the long run. */
  readonly cpuPercentMax: number
  readonly memoryBytesMax: number
}

/** How much of the bulk of file events is left out: none, three in four, all. */
export type Throttle = 0 | 1 | 2

// A short burst is what an agent is for; half a minute of it is not.
const OVER_MAX = 3
// To come back takes longer, so that it does not swing.
const UNDER_MAX = 6
const UNDER_SHARE = 0.6

/**
 * Decides from what the agent cost how much of the bulk of events it leaves out. It never leaves
 * out anything else, and what it leaves out is counted.
 */
export class Budget {
  readonly #limits: BudgetLimits
  #over = 0
  #under = 0
  #throttle: Throttle = 0
  #last: UsageSample = { cpuPercent: 0, memoryBytes: 0 }

  constructor(limits: BudgetLimits) {
    this.#limits = limits
  }

  get throttle(): Throttle {
    return this.#throttle
  }

  /** Takes what an interval cost. @returns Whether the throttle changed. */
  take(sample: UsageSample): boolean {
    this.#last = sample
    const { cpuPercentMax, memoryBytesMax } = this.#limits
    const isOver = sample.cpuPercent > cpuPercentMax || sample.memoryBytes > memoryBytesMax
    const isUnder =
      sample.cpuPercent < cpuPercentMax * UNDER_SHARE && sample.memoryBytes <= memoryBytesMax
    this.#over = isOver ? this.#over + 1 : 0
    this.#under = isUnder ? this.#under + 1 : 0
    const before = this.#throttle
    if (this.#over >= OVER_MAX) {
      this.#throttle = before === 0 ? 1 : 2
      this.#over = 0
    } else if (this.#under >= UNDER_MAX) {
      this.#throttle = before === 2 ? 1 : 0
      this.#under = 0
    }
    return this.#throttle !== before
  }

  /** What there is to say of it. */
  problem(): SensorProblem | undefined {
    if (this.#throttle === 0) return undefined
    const { cpuPercentMax, memoryBytesMax } = this.#limits
    const { cpuPercent, memoryBytes } = this.#last
    const share = this.#throttle === 1 ? 'three of four' : 'all'
    return {
      code: 'budget_exceeded',
      message:
        `The agent used ${cpuPercent.toFixed(0)} % of a core of ${cpuPercentMax} % and ` +
        `${memoryBytes} bytes of ${memoryBytesMax}: it leaves out ${share} ordinary file events.`,
      remedy:
        'Record some minutes of eslogger, and see with `pomona mute plan` what can be left out.',
    }
  }
}
