import type { Rule } from '@pomona/rules'
import { type Alert, type EcsEvent, TENANT_DEFAULT, type TenantId } from '@pomona/schema'
import { type AlertLimits, alertOf } from './alert.ts'
import { broken, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { DetectorCounts, DiscardSample, ExceptedAlert } from './detector-counts.ts'
import type { DetectorOptions } from './detector-options.ts'
import type { AlertDiscardReason, DiscardReason } from './errors.ts'
import { cut, type Evidence, factsOf, type Subject } from './evidence.ts'
import { Exceptions } from './exceptions.ts'
import { FloodGuard } from './flood-guard.ts'
import { IndexedMatcher } from './indexed-matcher.ts'
import { lifeOf } from './lineage/life.ts'
import type { Matcher } from './matcher.ts'
import { type Notice, noticesBetween } from './notice.ts'
import { planRules, type Role, type RulePlan } from './plan.ts'
import { RepeatFilter } from './repeat-filter.ts'
import { type DetectorRuleCounts, RuleAccounts } from './rule-accounts.ts'
import { NO_STATE, NOTHING_HELD } from './stateful/counts.ts'
import { Lens } from './stateful/lens.ts'
import { hostScope } from './stateful/occasion.ts'
import { statefulOptions } from './stateful/options.ts'
import type { RuleMatch } from './stateful/rule-match.ts'
import { StatefulEngine } from './stateful/stateful-engine.ts'
import { idOf, Streams, subjectOf } from './streams.ts'
import { eventTimeMs } from './time/event-time.ts'

const STREAMS_MAX = 100_000
const PAIRS_MAX = 100_000

/**
 * Turns events into alerts, in the order in which the log holds the events.
 *
 * It knows no time but the events': the same events give the same alerts with the same ids, however
 * often and wherever they are evaluated. Its state is text that is stored beside the log's offset.
 */
export class Detector {
  readonly #options: DetectorOptions
  readonly #alertLimits: AlertLimits
  readonly #valueCharsMax: number
  readonly #plan: RulePlan
  readonly #matcher: Matcher
  readonly #exceptions: Exceptions
  readonly #lens: Lens
  readonly #streams: Streams
  readonly #samples: DiscardSample[] = []
  readonly #repeats: RepeatFilter
  readonly #tenantId: TenantId
  #isRetry = false
  readonly #flood: FloodGuard
  readonly #accounts: RuleAccounts
  /** Absent while no rule takes more than one event. */
  #stateful: StatefulEngine | undefined
  #received = 0
  #evaluated = 0
  #timeless = 0
  #exceptedDropped = 0
  #discarded: Partial<Record<DiscardReason, number>> = {}
  /** Of all rules, those that are gone included. */
  readonly #outcomes = { alerts: 0, repeated: 0, excepted: 0, flooded: 0, silent: 0 }
  #excepted: ExceptedAlert[] = []
  #told: Alert[] = []
  /** Counts when notices were last asked for. */
  #noticed: DetectorCounts

  constructor(rules: readonly Rule[], options: DetectorOptions = {}) {
    this.#options = options
    this.#tenantId = options.tenantId ?? TENANT_DEFAULT
    const { matchesMax = 50, processesMax = 100, valueCharsMax = 4_096 } = options
    this.#alertLimits = { matchesMax, processesMax }
    this.#valueCharsMax = valueCharsMax
    this.#plan = planRules(rules)
    this.#matcher = new IndexedMatcher(
      this.#plan.filters.map(({ asked }) => asked),
      { witnessesMax: matchesMax },
    )
    this.#exceptions = new Exceptions(rules, options.exceptions ?? [])
    this.#lens = new Lens(this.#plan, { matchesMax, valueCharsMax })
    this.#streams = new Streams(options.streamsMax ?? STREAMS_MAX)
    this.#repeats = new RepeatFilter({
      spanMs: options.repeatSpanMs ?? 60_000,
      latenessMs: statefulOptions(options).hosts.latenessMs,
      entriesMax: options.repeatsMax ?? 10_000,
    })
    const alertsPerHourMax = options.alertsPerHourMax ?? 500
    this.#flood = new FloodGuard({ alertsPerHourMax, pairsMax: PAIRS_MAX })
    this.#accounts = new RuleAccounts(rules.length)
    this.#stateful = this.#makeStateful()
    this.#noticed = this.counts()
  }

  #makeStateful(): StatefulEngine | undefined {
    const { filters, correlations } = this.#plan
    const takesMore = filters.some(
      ({ role, isContextual }) => role.kind !== 'event' || isContextual,
    )
    if (!takesMore && correlations.length === 0) return undefined
    const owner = {
      matched: (match: RuleMatch): boolean => this.#matched(match),
      exceptionOf: (rule: number, event: EcsEvent) => this.#exceptions.find(rule, event),
    }
    return new StatefulEngine(
      this.#plan,
      { lens: this.#lens, owner },
      statefulOptions(this.#options),
    )
  }

  /** Rules that are not evaluated event by event, and why. */
  get unsupported(): RulePlan['unsupported'] {
    return this.#plan.unsupported
  }

  /**
   * Evaluates the next event.
   *
   * @param tenantId Whose event it is; the detector's own tenant without it.
   * @param isRetry  Its findings may have been lost: they are told though they look like repeats.
   * @returns The alerts that became due with it: first those of rules on single events, in the
   *          order of the rules, then those of rules over several events, whose last event is older
   *          by as much as events may come out of order. An event that lacks what an alert needs is
   *          discarded with a reason.
   * @throws  Never for anything in the event.
   */
  process(event: EcsEvent, tenantId = this.#tenantId, isRetry = false): readonly Alert[] {
    this.#isRetry = isRetry
    this.#received += 1
    const subject = subjectOf(event)
    if (typeof subject === 'string') {
      this.#discard(subject, event)
      return []
    }
    this.#streams.advance(subject.eventId)
    this.#evaluated += 1
    const timeMs = eventTimeMs(event)
    this.#told = []
    const host = hostScope({ tenantId, hostId: subject.hostId })
    this.#repeats.advance(host, timeMs)
    const kept: number[] = []
    for (const filter of this.#matcher.match(event)) {
      const planned = this.#plan.filters[filter]
      if (this.#stateful?.wants(filter) === true) kept.push(filter)
      if (planned?.role.kind !== 'event' || planned.isContextual) continue
      this.#evaluateRule(subject, { rule: planned.role.rule, filter, tenantId, host, timeMs })
    }
    if (this.#stateful === undefined) return this.#told
    if (Number.isNaN(timeMs)) this.#timeless += 1
    else {
      const life = this.#stateful.wantsLives ? lifeOf(event) : undefined
      const { hostId, eventId, time } = subject
      this.#stateful.take(timeMs, {
        tenantId,
        hostId,
        eventId,
        time,
        ...(life === undefined ? {} : { life }),
        ...(kept.length === 0 ? {} : { event: withoutOriginal(event), filters: kept }),
      })
    }
    return this.#told
  }

  /**
   * Evaluates all that is held to be put in order, as at the end of a recording or when the log is
   * idle. What comes later and is older then counts as late. Time itself does not go on: what waits
   * for events that must not come goes on waiting.
   *
   * @returns The alerts that come of it.
   */
  settle(): readonly Alert[] {
    this.#told = []
    this.#stateful?.settle()
    return this.#told
  }

  /**
   * The same at the end of what will ever come, as of a recording: what waits for events that must
   * not come is told, since they did not. The detector is done with these events then; what
   * came later would find neither ancestors nor open sequences.
   *
   * @returns The alerts that come of it.
   * @see Elasticsearch, EQL syntax reference, "Missing events".
   */
  end(): readonly Alert[] {
    this.#told = []
    this.#stateful?.end()
    return this.#told
  }

  #evaluateRule(subject: Subject, at: Omit<RuleMatch, 'groupKey' | 'evidence'> & Filtered): void {
    const { rule, filter, tenantId, host, timeMs } = at
    const exceptionId = this.#exceptions.find(rule, subject.event)
    const facts = factsOf(subject, Number.POSITIVE_INFINITY)
    const matches = this.#matcher.explain(filter).map((witness) => ({
      event_id: subject.eventId,
      selection: witness.selection,
      field: witness.field,
      operator: witness.operator,
      pattern: cut(witness.pattern, this.#valueCharsMax),
      value: cut(witness.value, this.#valueCharsMax),
    }))
    const evidence: Evidence = {
      facts,
      matches,
      ...(exceptionId === undefined ? {} : { exceptionId }),
    }
    this.#tell({ rule, tenantId, host, timeMs, groupKey: subject.hostId, evidence: [evidence] })
  }

  /** A rule held in the engine of several events; plain rules were told when their event came. */
  #matched(match: RuleMatch): boolean {
    if (!this.#plan.toldOnArrival[match.rule]) this.#tell(match)
    return match.evidence.every(({ exceptionId }) => exceptionId === undefined)
  }

  #tell(match: RuleMatch): void {
    const { rule: index, tenantId, groupKey, evidence } = match
    const rule = this.#plan.rules[index]
    if (rule === undefined) return
    const found = { rule, tenantId, groupKey, evidence }
    const outcome = this.#outcomeOf(match, rule)
    this.#accounts.note(index, outcome)
    this.#outcomes[outcome] += 1
    if (outcome === 'alerts') this.#told.push(alertOf(found, this.#alertLimits))
    if (outcome !== 'excepted') return
    const exceptionId = evidence.find((each) => each.exceptionId !== undefined)?.exceptionId
    const exception = this.#exceptions.get(exceptionId ?? '')
    const isKept = this.#excepted.length < (this.#options.exceptedMax ?? 1_000)
    if (exception === undefined || !isKept) {
      this.#exceptedDropped += 1
      return
    }
    const { id, name, owner, reason } = exception
    const alert = alertOf(found, this.#alertLimits)
    this.#excepted.push({ alert, exception: { id, name, owner, reason } })
  }

  #outcomeOf({ host, timeMs, evidence }: RuleMatch, rule: Rule): 'alerts' | AlertDiscardReason {
    if (rule.silent) return 'silent'
    if (evidence.some(({ exceptionId }) => exceptionId !== undefined)) return 'excepted'
    // Of several events the last is the finding.
    const finding = evidence.at(-1)?.facts.finding
    if (finding !== undefined) {
      const repeat = { ...finding, ruleId: rule.id }
      if (!this.#isRetry && this.#repeats.isRepeat(repeat, { host, timeMs })) return 'repeated'
    }
    return this.#flood.allows(host, rule.id, timeMs) ? 'alerts' : 'flooded'
  }

  #discard(reason: DiscardReason, event: unknown): void {
    this.#discarded[reason] = (this.#discarded[reason] ?? 0) + 1
    const eventId = idOf(event)
    this.#samples.push(eventId === undefined ? { reason } : { reason, eventId })
    if (this.#samples.length > (this.#options.samplesMax ?? 20)) this.#samples.shift()
  }

  /** Events that were not evaluated so far, by reason; cheaper than {@link counts}. */
  discarded(): Readonly<Partial<Record<DiscardReason, number>>> {
    return { ...this.#discarded }
  }

  /** Alerts that exceptions kept from being told since this was last asked. */
  takeExcepted(): readonly ExceptedAlert[] {
    const taken = this.#excepted
    this.#excepted = []
    return taken
  }

  /** What an operator has to know of since this was last asked: limits that cost something. */
  takeNotices(): readonly Notice[] {
    const counts = this.counts()
    const notices = noticesBetween({ before: this.#noticed, after: counts })
    this.#noticed = counts
    return notices
  }

  /** What went through so far. */
  counts(): DetectorCounts {
    const { alerts, ...alertsDiscarded } = this.#outcomes
    return {
      ...(this.#stateful?.counts() ?? NOTHING_HELD),
      received: this.#received,
      evaluated: this.#evaluated,
      discarded: this.discarded(),
      alerts,
      alertsDiscarded,
      behindMark: this.#streams.behindMark,
      timeless: this.#timeless,
      streamsForgotten: this.#streams.forgotten,
      repeatsForgotten: this.#repeats.forgotten,
      exceptedDropped: this.#exceptedDropped,
      rules: this.#ruleCounts(),
    }
  }

  #ruleCounts(): readonly DetectorRuleCounts[] {
    const evaluated = this.#plan.rules.map(() => 0)
    const errored = this.#plan.rules.map(() => 0)
    for (const [filter, { role }] of this.#plan.filters.entries()) {
      const rule = this.#ruleOf(role)
      if (rule === undefined) continue
      const counts = this.#matcher.counts(filter)
      evaluated[rule] = (evaluated[rule] ?? 0) + counts.evaluated
      errored[rule] = (errored[rule] ?? 0) + counts.errored + this.#lens.errored(filter)
    }
    const states = this.#stateful?.ruleCounts()
    return this.#plan.rules.map(({ id: ruleId }, rule) => ({
      ruleId,
      evaluated: evaluated[rule] ?? 0,
      errored: errored[rule] ?? 0,
      ...this.#accounts.of(rule),
      ...(states?.[rule] ?? NO_STATE),
    }))
  }

  #ruleOf(role: Role): number | undefined {
    if (role.kind === 'event') return role.rule
    return role.kind === 'step' ? this.#plan.sequences[role.sequence]?.rule : undefined
  }

  /** The latest discarded events. */
  samples(): readonly DiscardSample[] {
    return [...this.#samples]
  }

  /** The state as text, to be stored together with the offset of the next event. */
  checkpoint(): string {
    const stateful = this.#stateful?.state()
    return writeCheckpoint({
      counts: this.counts(),
      streams: this.#streams.state(),
      repeats: this.#repeats.state(),
      flood: this.#flood.state(),
      ...(stateful === undefined ? {} : { stateful }),
    })
  }

  /**
   * Takes up a state that {@link checkpoint} wrote. Counts and state of rules that are gone or
   * changed are dropped.
   *
   * @throws DetectError `ERR_DETECT_CHECKPOINT_FORMAT` or `ERR_DETECT_CHECKPOINT_VERSION`; the
   *         detector is then as it was.
   */
  restore(text: string): void {
    const { counts, streams, repeats, flood, stateful } = readCheckpoint(text)
    const engine = this.#makeStateful()
    try {
      const filtersOf = (event: EcsEvent): readonly number[] =>
        this.#matcher.match(event).filter((filter) => engine?.wants(filter) === true)
      if (stateful !== undefined) engine?.restore(stateful, filtersOf)
    } catch (error) {
      throw broken('is damaged', error)
    }
    this.#stateful = engine
    this.#streams.restore(streams, {
      behindMark: counts.behindMark,
      forgotten: counts.streamsForgotten,
    })
    this.#repeats.restore(repeats, counts.repeatsForgotten)
    this.#flood.restore(flood)
    this.#setCounts(counts)
    this.#noticed = this.counts()
  }

  #setCounts(counts: DetectorCounts): void {
    this.#received = counts.received
    this.#evaluated = counts.evaluated
    this.#timeless = counts.timeless
    this.#exceptedDropped = counts.exceptedDropped
    this.#discarded = { ...counts.discarded }
    Object.assign(this.#outcomes, { alerts: counts.alerts, ...counts.alertsDiscarded })
    const byId = new Map(counts.rules.map((rule) => [rule.ruleId, rule]))
    const given = new Set<number>()
    for (const [filter, { role }] of this.#plan.filters.entries()) {
      const rule = this.#ruleOf(role)
      const id = rule === undefined ? undefined : this.#plan.rules[rule]?.id
      const { evaluated = 0, errored = 0 } = byId.get(id ?? '') ?? {}
      // A rule has one count, whatever the number of its filters.
      const isFirst = rule !== undefined && !given.has(rule)
      if (isFirst) given.add(rule)
      const own = isFirst ? { evaluated, errored } : { evaluated: 0, errored: 0 }
      this.#matcher.setCounts(filter, { ...own, matched: 0 })
      this.#lens.setErrored(filter, 0)
    }
    const saved = this.#plan.rules.map(({ id }) => byId.get(id))
    for (const [rule, each] of saved.entries()) if (each) this.#accounts.set(rule, each)
    this.#stateful?.setSkipped(saved.map((each) => each?.skipped ?? 0))
  }
}

interface Filtered {
  readonly filter: number
}

/** The event without the raw record it was made of: rules do not search that, and it is large. */
function withoutOriginal(event: EcsEvent): EcsEvent {
  if (event.event?.original === undefined) return event
  const { original: _, ...rest } = event.event
  return { ...event, event: rest }
}
