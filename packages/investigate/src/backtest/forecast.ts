import type { Rule } from '@pomona/rules'
import type { Alert, EcsEvent, Severity } from '@pomona/schema'
import { type Cause, causeOf, type CauseShare } from './cause.ts'
import { type DailyAlerts, dailyAlerts } from './daily-alerts.ts'
import { type KeptAlert, type Proposal, propose } from './proposal.ts'

/** What a rule would have done, and would do. */
export interface RuleForecast {
  readonly rule_id: string
  readonly rule_name: string
  readonly severity: Severity
  /** Alerts and what was meant not to become one. */
  readonly matches: number
  /** Matches that an exception kept from being told. */
  readonly excepted: number
  readonly alerts: number
  readonly hosts: number
  readonly per_host_day: DailyAlerts
  /** The most frequent first. */
  readonly causes: readonly CauseShare[]
  readonly proposal?: Proposal
}

/** Bounds of a {@link RuleTally}. */
export interface TallyLimits {
  /** Causes told. */
  readonly causesMax: number
  /** Alerts whose events are kept to try an exception on. */
  readonly keptMax: number
}

interface ForecastFacts {
  readonly matches: number
  readonly excepted: number
  readonly hostDays: number
}

interface CauseCount {
  readonly cause: Cause
  alerts: number
  readonly hosts: Set<string>
}

/** Counts the alerts of one rule. */
export class RuleTally {
  readonly #rule: Rule
  readonly #limits: TallyLimits
  readonly #hosts = new Set<string>()
  readonly #hostDays = new Map<string, number>()
  readonly #causes = new Map<string, CauseCount>()
  readonly #kept: KeptAlert[] = []
  #alerts = 0

  constructor(rule: Rule, limits: TallyLimits) {
    this.#rule = rule
    this.#limits = limits
  }

  /** @param event The event that completed the alert, where it is still at hand. */
  add({ host, time }: Alert, event: EcsEvent | undefined): void {
    const hostDay = `${time.slice(0, 10)} ${host.id}`
    this.#alerts += 1
    this.#hosts.add(host.id)
    this.#hostDays.set(hostDay, (this.#hostDays.get(hostDay) ?? 0) + 1)
    if (this.#kept.length < this.#limits.keptMax) {
      this.#kept.push({ host: host.id, hostDay, ...(event === undefined ? {} : { event }) })
    }
    if (event === undefined) return
    const cause = causeOf(event)
    const key = JSON.stringify(cause)
    const known = this.#causes.get(key) ?? { cause, alerts: 0, hosts: new Set() }
    known.alerts += 1
    known.hosts.add(host.id)
    this.#causes.set(key, known)
  }

  get alerts(): number {
    return this.#alerts
  }

  /**
   * @param matches  What the detector counted for the rule.
   * @param excepted What of it an exception hid.
   * @param hostDays Days of all Macs on which there was anything to evaluate.
   */
  forecast({ matches, excepted, hostDays }: ForecastFacts): RuleForecast {
    const { id, name, severity } = this.#rule
    const causes = [...this.#causes.values()]
      .toSorted((one, other) => other.alerts - one.alerts)
      .map(({ cause, alerts, hosts }) => {
        return { cause, alerts, hosts: hosts.size, share: alerts / this.#alerts }
      })
    const perHostDay = dailyAlerts([...this.#hostDays.values()], hostDays)
    const proposal = propose({ rule: this.#rule, causes, kept: this.#kept, hostDays })
    return {
      rule_id: id,
      rule_name: name,
      severity,
      matches,
      excepted,
      alerts: this.#alerts,
      hosts: this.#hosts.size,
      per_host_day: perHostDay,
      causes: causes.slice(0, this.#limits.causesMax),
      ...(proposal === undefined ? {} : { proposal }),
    }
  }
}
