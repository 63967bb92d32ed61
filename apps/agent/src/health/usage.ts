import type { Clock } from '@pomona/schema'

/** What a process has used so far. */
export interface ProcessUsage {
  /** Processor time of all threads, microseconds. */
  cpuUs(): number
  memoryBytes(): number
}

/** What the agent cost in an interval. */
export interface UsageSample {
  /** Of one core. */
  readonly cpuPercent: number
  readonly memoryBytes: number
}

/** The agent's own process. */
export const systemUsage: ProcessUsage = {
  cpuUs() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  memoryBytes: () => process.memoryUsage.rss(),
}

const NS_PER_US = 1_000

/** Measures what the agent costs from one look to the next. */
export class UsageMeter {
  readonly #usage: ProcessUsage
  readonly #clock: Clock
  #cpuUs: number
  #atNs: bigint

  constructor(usage: ProcessUsage, clock: Clock) {
    this.#usage = usage
    this.#clock = clock
    this.#cpuUs = usage.cpuUs()
    this.#atNs = clock.monotonicNs()
  }

  /** What it cost since the last call, or since the beginning. */
  sample(): UsageSample {
    const cpuUs = this.#usage.cpuUs()
    const atNs = this.#clock.monotonicNs()
    const elapsedUs = Number(atNs - this.#atNs) / NS_PER_US
    const usedUs = cpuUs - this.#cpuUs
    this.#cpuUs = cpuUs
    this.#atNs = atNs
    return {
      cpuPercent: elapsedUs > 0 ? (100 * usedUs) / elapsedUs : 0,
      memoryBytes: this.#usage.memoryBytes(),
    }
  }
}
