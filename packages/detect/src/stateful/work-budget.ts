/** Options of {@link WorkBudget}. */
export interface WorkLimits {
  /** Events after which every rule begins anew. */
  readonly blockEvents: number
  /** Work of one rule in a block, for all hosts. */
  readonly ruleWorkMax: number
  /** Work of one rule in a block for one host. */
  readonly hostWorkMax: number
}

/** What was spent, as plain data. */
export interface WorkState {
  readonly events: number
  /** By name of the rule. */
  readonly spent: readonly (readonly [
    rule: string,
    byScope: readonly (readonly [scope: string, work: number])[],
  ])[]
}

/**
 * Bounds what one rule may do while others wait. It counts work, not time, so that the same events
 * always give the same alerts: a rule that spent its share of a block is not given further events
 * in it, at first those of the host that made it spend so much.
 */
export class WorkBudget {
  readonly #limits: WorkLimits
  readonly #byRule: { total: number; readonly byScope: Map<string, number> }[]
  #events = 0

  constructor(rules: number, limits: WorkLimits) {
    this.#limits = limits
    this.#byRule = Array.from({ length: rules }, () => ({ total: 0, byScope: new Map() }))
  }

  /** One more event, of whatever kind. */
  tick(): void {
    this.#events += 1
    if (this.#events < this.#limits.blockEvents) return
    this.#events = 0
    for (const spent of this.#byRule) {
      if (spent.total === 0) continue
      spent.total = 0
      spent.byScope.clear()
    }
  }

  /** Whether a rule may look at a host's events. */
  allows(rule: number, scope: string): boolean {
    const spent = this.#byRule[rule]
    if (spent === undefined) return true
    const { ruleWorkMax, hostWorkMax } = this.#limits
    return spent.total < ruleWorkMax && (spent.byScope.get(scope) ?? 0) < hostWorkMax
  }

  spend(rule: number, scope: string, work: number): void {
    const spent = this.#byRule[rule]
    if (spent === undefined) return
    spent.total += work
    spent.byScope.set(scope, (spent.byScope.get(scope) ?? 0) + work)
  }

  /** @param names Of the rules, by index. */
  state(names: readonly string[]): WorkState {
    const spent = names.flatMap((name, rule) => {
      const byScope = this.#byRule[rule]?.byScope ?? new Map<string, number>()
      return byScope.size === 0 ? [] : [[name, [...byScope]] as const]
    })
    return { events: this.#events, spent }
  }

  restore({ events, spent }: WorkState, names: readonly string[]): void {
    this.#events = events
    for (const rule of this.#byRule) {
      rule.total = 0
      rule.byScope.clear()
    }
    const indices = new Map(names.map((name, index) => [name, index]))
    for (const [name, byScope] of spent) {
      const rule = indices.get(name) ?? -1
      for (const [scope, work] of byScope) this.spend(rule, scope, work)
    }
  }
}
