import type { Rule } from '@pomona/rules'
import { type Alert, type EcsEvent, parseTime } from '@pomona/schema'
import { Detector } from '../detector.ts'
import type { DiscardReason } from '../errors.ts'
import { eventTimeMs } from '../time/event-time.ts'
import { BodyExplainer, type BodyExplanation } from './body-explainer.ts'
import type { ExplainLimits } from './filter-explainer.ts'
import type { EventPlace } from './near-miss.ts'

/** Events at hand when the rules behind a correlation find something in them. */
const SEEN_MAX = 100_000
const NS_PER_MS = 1_000_000n

/** Why a rule fired on events or did not. */
export interface RuleExplanation extends BodyExplanation {
  readonly rule_id: string
  readonly rule_name: string
  readonly kind: Rule['body']['kind']
  readonly events: number
  /** Alerts; of a rule about single events its matches. */
  readonly fired: number
  /** Events that rules over several events cannot use, by reason. */
  readonly discarded: Readonly<Partial<Record<DiscardReason, number>>>
}

interface Seen {
  readonly document: object
  readonly place: EventPlace
}

/** Whether a rule fires, and everything it takes to know why not. */
export class RuleExplainer {
  readonly #rule: Rule
  readonly #detector: Detector | undefined
  readonly #body: BodyExplainer
  /** By event id; only of a correlation. */
  readonly #seen = new Map<string, Seen>()
  #events = 0
  #alerts = 0

  /** @param rules The rule's own and, of a correlation, those it refers to. */
  constructor(
    rule: Rule,
    { rules, limits = {} }: { readonly rules: readonly Rule[]; readonly limits?: ExplainLimits },
  ) {
    this.#rule = rule
    this.#body = new BodyExplainer(rule, { rules, limits })
    if (this.#body.isPlain) return
    // What only feeds a correlation has to tell what it finds, too.
    const telling = rules.map((one) => (one.id === rule.id ? one : { ...one, silent: false }))
    const limit = Number.POSITIVE_INFINITY
    this.#detector = new Detector(telling, { repeatSpanMs: 0, alertsPerHourMax: limit })
  }

  /** Takes the next event; they come in the order in which they arrived. */
  take(document: object, place: EventPlace): void {
    this.#events += 1
    // What it lacks to be one, the detector counts.
    const event = document as EcsEvent
    const timeMs = eventTimeMs(event)
    this.#body.take(document, Number.isNaN(timeMs) ? { place } : { place, timeMs })
    if (this.#detector === undefined) return
    this.#see(event, { document, place })
    this.#count(this.#detector.process(event))
  }

  #see({ event }: EcsEvent, seen: Seen): void {
    if (this.#rule.body.kind !== 'correlation' || event?.id === undefined) return
    this.#seen.set(event.id, seen)
    if (this.#seen.size <= SEEN_MAX) return
    const [oldest] = this.#seen.keys()
    if (oldest !== undefined) this.#seen.delete(oldest)
  }

  #count(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      if (alert.rule_id === this.#rule.id) this.#alerts += 1
      else this.#tell(alert)
    }
  }

  #tell({ rule_id: ruleId, events, time, group_key: groupKey }: Alert): void {
    const seen = events.flatMap((id) => this.#seen.get(id) ?? [])
    const last = seen.at(-1)
    const timeNs = parseTime(time)
    if (last === undefined || timeNs === undefined) return
    const documents = seen.map(({ document }) => document)
    const timeMs = Number(timeNs / NS_PER_MS)
    this.#body.tell({ ruleId, documents, place: last.place, timeMs, groupKey })
  }

  /** What came of all events; ask once, after the last. */
  explanation(): RuleExplanation {
    if (this.#detector !== undefined) this.#count(this.#detector.end())
    const { id, name, body } = this.#rule
    const parts = this.#body.explanation()
    return {
      rule_id: id,
      rule_name: name,
      kind: body.kind,
      events: this.#events,
      fired: this.#detector === undefined ? (parts.filter?.matches ?? 0) : this.#alerts,
      discarded: this.#detector?.counts().discarded ?? {},
      ...parts,
    }
  }
}
