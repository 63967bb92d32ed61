import {
  Detector,
  type DetectorCounts,
  type DetectorOptions,
  type ExceptedAlert,
} from '@pomona/detect'
import type { Rule } from '@pomona/rules'
import { type Alert, type Clock, type EcsEvent, formatTime, parseTime } from '@pomona/schema'
import type { EventCoverage, EventRange } from '@pomona/store'
import { type RuleForecast, RuleTally } from './forecast.ts'
import type { History } from './history.ts'
import { supersetOf } from './superset.ts'

/** What a backtest is made of. */
export interface BacktestOptions {
  readonly rules: readonly Rule[]
  readonly history: History
  readonly range?: EventRange
  readonly clock: Clock
  readonly limits?: Partial<BacktestLimits>
  readonly detector?: DetectorOptions
  /** Told of each alert as it comes. */
  readonly onAlert?: (alert: Alert) => void
  /** Ends it early. */
  readonly signal?: AbortSignal
}

/** Bounds of a backtest; the result says which one ended it. */
export interface BacktestLimits {
  /** Events evaluated. Default 5,000,000. */
  readonly eventsMax: number
  /** Seconds it may take. Default 600. */
  readonly secondsMax: number
  /** Causes told of a rule. Default 5. */
  readonly causesMax: number
  /** Alerts of a rule whose events are kept to try an exception on. Default 2,000. */
  readonly keptMax: number
}

/** An exception, and how many alerts it keeps from being told. */
export type ExceptedCount = ExceptedAlert['exception'] & { readonly alerts: number }

/** Why a backtest ended. */
export type BacktestEnd = 'complete' | 'events_max' | 'seconds_max' | 'stopped'

/** What the rules would have said. */
export interface BacktestResult {
  readonly source: History['source']
  readonly ended: BacktestEnd
  /** What was there in the time that was evaluated. */
  readonly coverage: EventCoverage
  /** Events that the store thought the rules may need, and the engine saw. */
  readonly candidates: number
  readonly seconds: number
  /** Rules of which only the kinds of events were asked for; see {@link supersetOf}. */
  readonly widened: number
  readonly counts: DetectorCounts
  /** Exceptions that kept alerts from being told, and how many. */
  readonly excepted: readonly ExceptedCount[]
  /** Every rule, the one with the most alerts first. */
  readonly forecasts: readonly RuleForecast[]
}

const LIMITS: BacktestLimits = {
  eventsMax: 5_000_000,
  secondsMax: 600,
  causesMax: 5,
  keptMax: 2_000,
}
const NS_PER_S = 1_000_000_000
/** Events at hand to find the cause of an alert in; alerts come seconds after their last event. */
const RECENT_MAX = 20_000

/**
 * Evaluates rules on the past. The history only leaves out events that no rule can need; what is
 * decided is decided by the same engine as live, so the alerts have the same ids.
 *
 * @throws StoreError When the history cannot be read.
 */
export async function backtest(options: BacktestOptions): Promise<BacktestResult> {
  const { rules, history, range = {}, clock } = options
  const limits = { ...LIMITS, ...options.limits }
  const superset = supersetOf(rules)
  const run = new Run(rules, { ...options, limits })
  const startNs = clock.monotonicNs()
  const secondsSince = (): number => Number(clock.monotonicNs() - startNs) / NS_PER_S
  let ended: BacktestEnd = 'complete'
  for await (const events of history.read(superset, range)) {
    const room = limits.eventsMax - run.candidates
    run.take(events.slice(0, room))
    if (events.length > room) ended = 'events_max'
    else if (options.signal?.aborted === true) ended = 'stopped'
    else if (secondsSince() > limits.secondsMax) ended = 'seconds_max'
    if (ended !== 'complete') break
  }
  run.settle()
  const covered = await history.coverage(ended === 'complete' ? range : run.reached(range))
  const counts = run.counts()
  return {
    source: history.source,
    ended,
    coverage: covered,
    candidates: run.candidates,
    seconds: secondsSince(),
    widened: superset.widened,
    counts,
    excepted: run.excepted(),
    forecasts: run.forecasts(counts, covered.hostDays),
  }
}

/** The detector, and what is remembered of its alerts. */
class Run {
  readonly #detector: Detector
  readonly #tallies: ReadonlyMap<string, RuleTally>
  readonly #onAlert: (alert: Alert) => void
  /** By id, the latest at the end. */
  readonly #recent = new Map<string, EcsEvent>()
  readonly #excepted = new Map<string, ExceptedCount>()
  #lastTime: string | undefined
  candidates = 0

  constructor(
    rules: readonly Rule[],
    { detector, onAlert, limits }: BacktestOptions & { readonly limits: BacktestLimits },
  ) {
    this.#detector = new Detector(rules, detector)
    this.#tallies = new Map(rules.map((rule) => [rule.id, new RuleTally(rule, limits)]))
    this.#onAlert = onAlert ?? (() => undefined)
  }

  take(events: readonly EcsEvent[]): void {
    for (const event of events) {
      this.candidates += 1
      this.#lastTime = event['@timestamp'] ?? this.#lastTime
      this.#remember(event)
      for (const alert of this.#detector.process(event)) this.#tell(alert)
      this.#countExcepted()
    }
  }

  settle(): void {
    for (const alert of this.#detector.settle()) this.#tell(alert)
    this.#countExcepted()
  }

  #countExcepted(): void {
    for (const { exception } of this.#detector.takeExcepted()) {
      const alerts = (this.#excepted.get(exception.id)?.alerts ?? 0) + 1
      this.#excepted.set(exception.id, { ...exception, alerts })
    }
  }

  excepted(): readonly ExceptedCount[] {
    return [...this.#excepted.values()]
  }

  #remember(event: EcsEvent): void {
    const id = event.event?.id
    if (id === undefined) return
    this.#recent.set(id, event)
    if (this.#recent.size <= RECENT_MAX) return
    const [oldest] = this.#recent.keys()
    if (oldest !== undefined) this.#recent.delete(oldest)
  }

  #tell(alert: Alert): void {
    const event = this.#recent.get(alert.events.at(-1) ?? '')
    this.#tallies.get(alert.rule_id)?.add(alert, event)
    this.#onAlert(alert)
  }

  /** The part of the range that was evaluated. */
  reached(range: EventRange): EventRange {
    const lastNs = parseTime(this.#lastTime ?? '')
    return lastNs === undefined ? range : { ...range, to: formatTime(lastNs + 1n) }
  }

  counts(): DetectorCounts {
    return this.#detector.counts()
  }

  forecasts({ rules }: DetectorCounts, hostDays: number): readonly RuleForecast[] {
    const counts = new Map(rules.map((rule) => [rule.ruleId, rule]))
    return [...this.#tallies]
      .map(([ruleId, tally]) => {
        const { matched = tally.alerts, excepted = 0 } = counts.get(ruleId) ?? {}
        return tally.forecast({ matches: matched, excepted, hostDays })
      })
      .toSorted((one, other) => other.alerts - one.alerts)
  }
}
