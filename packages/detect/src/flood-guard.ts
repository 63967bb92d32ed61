/** Alerts of one hour, as plain data: `[scope, [[rule, hour, count], …]]`. */
export type FloodState = readonly (readonly [
  scope: string,
  rules: readonly (readonly [ruleId: string, hour: number, count: number])[],
])[]

/** Bounds of a {@link FloodGuard}. */
export interface FloodLimits {
  /** Alerts of one rule on one host in an hour of event time. */
  readonly alertsPerHourMax: number
  /** Pairs of host and rule remembered; the host heard of least recently goes. */
  readonly pairsMax: number
}

const HOUR_MS = 3_600_000

interface Hour {
  hour: number
  count: number
}

/**
 * Bounds how often one rule can speak of one host: a rule that is wrong about a Mac must not bury
 * what is said of the others. Hours are those of the clock, so that a checkpoint changes nothing.
 */
export class FloodGuard {
  readonly #limits: FloodLimits
  /** The host heard of last at the end. */
  readonly #scopes = new Map<string, Map<string, Hour>>()
  #pairs = 0

  constructor(limits: FloodLimits) {
    this.#limits = limits
  }

  /** Whether one more alert of the rule may be told; it is then counted. */
  allows(scope: string, ruleId: string, timeMs: number): boolean {
    const hour = Number.isNaN(timeMs) ? 0 : Math.floor(timeMs / HOUR_MS)
    const rules = this.#scopes.get(scope) ?? new Map<string, Hour>()
    this.#scopes.delete(scope)
    this.#scopes.set(scope, rules)
    const known = rules.get(ruleId)
    if (known === undefined) this.#pairs += 1
    // An alert of an earlier hour, come late, counts for the hour at hand.
    const now = known === undefined || hour > known.hour ? { hour, count: 0 } : known
    rules.set(ruleId, now)
    this.#forget()
    if (now.count >= this.#limits.alertsPerHourMax) return false
    now.count += 1
    return true
  }

  #forget(): void {
    while (this.#pairs > this.#limits.pairsMax && this.#scopes.size > 1) {
      const [[scope, rules] = []] = this.#scopes
      if (scope === undefined || rules === undefined) return
      this.#pairs -= rules.size
      this.#scopes.delete(scope)
    }
  }

  state(): FloodState {
    return [...this.#scopes].map(([scope, rules]) => {
      return [scope, [...rules].map(([ruleId, { hour, count }]) => [ruleId, hour, count] as const)]
    })
  }

  restore(state: FloodState): void {
    this.#scopes.clear()
    this.#pairs = 0
    for (const [scope, rules] of state) {
      this.#scopes.set(scope, new Map(rules.map(([id, hour, count]) => [id, { hour, count }])))
      this.#pairs += rules.length
    }
  }
}
