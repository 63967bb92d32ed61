import type { Rule } from '@pomona/rules'
import type { Alert, EcsEvent } from '@pomona/schema'
import { isContextual, weakened } from '../contextual.ts'
import { Detector } from '../detector.ts'
import type { DiscardReason } from '../errors.ts'
import { signsOfLife } from '../stream-test.ts'
import { eventTimeMs } from '../time/event-time.ts'
import { type CorrelationExplanation, CorrelationExplainer } from './correlation-explainer.ts'
import {
  type ExplainLimits,
  FilterExplainer,
  type FilterExplanation,
  TOLD_MAX,
} from './filter-explainer.ts'
import { type LineageExplanation, LineageExplainer } from './lineage-explainer.ts'
import type { EventPlace } from './near-miss.ts'
import { type SequenceExplanation, SequenceExplainer } from './sequence-explainer.ts'

/** Macs whose time is made to go on at the end. */
const HOSTS_MAX = 1_000

/** Why a rule fired on events or did not. */
export interface RuleExplanation {
  readonly rule_id: string
  readonly rule_name: string
  readonly kind: Rule['body']['kind']
  readonly events: number
  /** Alerts; of a rule about single events its matches. */
  readonly fired: number
  /** Events that rules over several events cannot use, by reason. */
  readonly discarded: Readonly<Partial<Record<DiscardReason, number>>>
  /** Of a rule about single events, without what it asks of other events. */
  readonly filter?: FilterExplanation
  readonly lineage?: readonly LineageExplanation[]
  readonly sequence?: SequenceExplanation
  readonly correlation?: CorrelationExplanation
}

/** Whether a rule fires, and everything it takes to know why not. */
export class RuleExplainer {
  readonly #rule: Rule
  readonly #detector: Detector | undefined
  readonly #filter: FilterExplainer | undefined
  readonly #lineage: LineageExplainer | undefined
  readonly #sequence: SequenceExplainer | undefined
  readonly #correlation: CorrelationExplainer | undefined
  readonly #rules: readonly Rule[]
  readonly #hosts = new Set<string>()
  #lastMs = 0
  #events = 0
  #alerts = 0

  /** @param rules The rule's own and, of a correlation, those it refers to. */
  constructor(
    rule: Rule,
    { rules, limits = {} }: { readonly rules: readonly Rule[]; readonly limits?: ExplainLimits },
  ) {
    this.#rule = rule
    this.#rules = rules
    const { body } = rule
    if (body.kind === 'event') {
      this.#filter = new FilterExplainer(weakened(body), limits)
      const toldMax = limits.toldMax ?? TOLD_MAX
      if (isContextual(body)) this.#lineage = new LineageExplainer(body, { toldMax })
    } else if (body.kind === 'correlation') {
      this.#correlation = new CorrelationExplainer(body, { rules, limits })
    } else
      this.#sequence = new SequenceExplainer({ scope: 'host', ...body, kind: 'sequence' }, limits)
    const isPlain = body.kind === 'event' && this.#lineage === undefined
    if (!isPlain)
      this.#detector = new Detector(rules, {
        repeatSpanMs: 0,
        alertsPerHourMax: Number.POSITIVE_INFINITY,
      })
  }

  /** Takes the next event; they come in the order in which they arrived. */
  take(document: object, place: EventPlace): void {
    this.#events += 1
    const isCandidate = this.#filter?.take(document, place) ?? false
    this.#lineage?.take(document, { place, isCandidate })
    if (this.#detector === undefined) return
    // What it lacks to be one, the detector counts.
    const event = document as EcsEvent
    const timeMs = eventTimeMs(event)
    if (!Number.isNaN(timeMs)) {
      this.#lastMs = Math.max(this.#lastMs, timeMs)
      this.#sequence?.take(document, { place, timeMs })
      this.#correlation?.take(document, { place, timeMs })
    }
    const host: unknown = event.host?.id
    if (typeof host === 'string' && this.#hosts.size < HOSTS_MAX) this.#hosts.add(host)
    this.#count(this.#detector.process(event))
  }

  #count(alerts: readonly Alert[]): void {
    this.#alerts += alerts.filter(({ rule_id: id }) => id === this.#rule.id).length
  }

  #settle(): void {
    if (this.#detector === undefined) return
    this.#count(this.#detector.settle())
    const end = { hosts: this.#hosts, lastMs: this.#lastMs }
    for (const event of signsOfLife(this.#rules, end)) this.#count(this.#detector.process(event))
    this.#count(this.#detector.settle())
  }

  /** What came of all events; ask once, after the last. */
  explanation(): RuleExplanation {
    this.#settle()
    const { id, name, body } = this.#rule
    const filter = this.#filter?.explanation()
    return {
      rule_id: id,
      rule_name: name,
      kind: body.kind,
      events: this.#events,
      fired: this.#detector === undefined ? (filter?.matches ?? 0) : this.#alerts,
      discarded: this.#detector?.counts().discarded ?? {},
      ...(filter === undefined ? {} : { filter }),
      ...(this.#lineage === undefined ? {} : { lineage: this.#lineage.explanation() }),
      ...(this.#sequence === undefined ? {} : { sequence: this.#sequence.explanation() }),
      ...(this.#correlation === undefined ? {} : { correlation: this.#correlation.explanation() }),
    }
  }
}
