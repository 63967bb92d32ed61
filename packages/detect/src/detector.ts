import type { Rule } from '@pomona/rules'
import {
  type Alert,
  alertId,
  type AlertProcess,
  type EcsEvent,
  type EventId,
  type MatchedPredicate,
  type RuleId,
  TENANT_DEFAULT,
  type TenantId,
  type TimeNs,
} from '@pomona/schema'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { Engine, type Match, type RuleCounts } from './engine.ts'
import type { AlertDiscardReason, DiscardReason } from './errors.ts'
import { RepeatFilter } from './repeat-filter.ts'

/** Options of {@link Detector}. */
export interface DetectorOptions {
  readonly tenantId?: TenantId
  /** Matched predicates kept in one alert. Default 50. */
  readonly matchesMax?: number
  /** Characters kept of a matched value. Default 4,096; a cut value ends in `…`. */
  readonly valueCharsMax?: number
  /** Sensor streams whose position is remembered. Default 100,000; the oldest goes first. */
  readonly streamsMax?: number
  /** Discarded events kept as samples, newest last. Default 20. */
  readonly samplesMax?: number
  /**
   * Event time in which a rule tells the same process image and file once. Default 60 s; 0 turns
   * the filter off.
   */
  readonly repeatSpanNs?: TimeNs
  /** Findings remembered for it. Default 10,000; the oldest goes first. */
  readonly repeatsMax?: number
}

/** An event that was not evaluated. */
export interface DiscardSample {
  readonly reason: DiscardReason
  readonly eventId?: string
}

/** What became of one rule: `matched` = alerts + `repeated`. */
export interface DetectorRuleCounts extends RuleCounts {
  /** Matches that told nothing new. */
  readonly repeated: number
}

/**
 * What went through a detector: of events `received = evaluated + Σ discarded`, of matches
 * `Σ rules.matched = alerts + Σ alertsDiscarded`.
 */
export interface DetectorCounts {
  readonly received: number
  readonly evaluated: number
  readonly discarded: Readonly<Partial<Record<DiscardReason, number>>>
  readonly alerts: number
  /** Matches that were meant not to become alerts. */
  readonly alertsDiscarded: Readonly<Record<AlertDiscardReason, number>>
  /** Events at or before their stream's high-water mark: a replay, a second delivery, or late. */
  readonly behindMark: number
  readonly streamsForgotten: number
  /** Findings forgotten before their span was over: their repeats may be alerts. */
  readonly repeatsForgotten: number
  readonly rules: readonly DetectorRuleCounts[]
}

const MATCHES_MAX = 50
const VALUE_CHARS_MAX = 4_096
const STREAMS_MAX = 100_000
const SAMPLES_MAX = 20
const REPEAT_SPAN_NS: TimeNs = 60_000_000_000n
const REPEATS_MAX = 10_000

/**
 * Turns events into alerts, in the order in which the log holds the events.
 *
 * It knows no time but the events': the same events give the same alerts with the same ids, however
 * often and wherever they are evaluated. Its state is text that is stored beside the log's offset.
 */
export class Detector {
  readonly #engine: Engine
  readonly #tenantId: TenantId
  readonly #matchesMax: number
  readonly #valueCharsMax: number
  readonly #streamsMax: number
  readonly #samplesMax: number
  /** Highest sequence seen of each sensor stream, the stream seen last at the end. */
  readonly #streams = new Map<string, number>()
  readonly #samples: DiscardSample[] = []
  readonly #repeats: RepeatFilter
  /** Repeated matches by rule. */
  readonly #repeatedByRule = new Map<string, number>()
  #received = 0
  #evaluated = 0
  #alerts = 0
  #repeated = 0
  #behindMark = 0
  #streamsForgotten = 0
  #discarded: Partial<Record<DiscardReason, number>> = {}

  constructor(rules: readonly Rule[], options: DetectorOptions = {}) {
    this.#matchesMax = options.matchesMax ?? MATCHES_MAX
    this.#engine = new Engine(rules, { witnessesMax: this.#matchesMax })
    this.#tenantId = options.tenantId ?? TENANT_DEFAULT
    this.#valueCharsMax = options.valueCharsMax ?? VALUE_CHARS_MAX
    this.#streamsMax = options.streamsMax ?? STREAMS_MAX
    this.#samplesMax = options.samplesMax ?? SAMPLES_MAX
    this.#repeats = new RepeatFilter({
      spanNs: options.repeatSpanNs ?? REPEAT_SPAN_NS,
      entriesMax: options.repeatsMax ?? REPEATS_MAX,
    })
  }

  /**
   * Evaluates the next event.
   *
   * @param tenantId Whose event it is; the detector's own tenant without it.
   * @returns The alerts it triggers, in the order of the rules. An event that lacks what an alert
   *          needs is discarded with a reason and triggers none. A rule that already told of the
   *          same process image and file within the span tells nothing.
   * @throws  Never for anything in the event.
   */
  process(event: EcsEvent, tenantId: TenantId = this.#tenantId): readonly Alert[] {
    this.#received += 1
    const subject = subjectOf(event)
    if (typeof subject === 'string') {
      this.#discard(subject, event)
      return []
    }
    this.#advance(subject.eventId)
    this.#evaluated += 1
    // Ids of hosts are of their tenant; neither holds a line feed that could join them otherwise.
    const host = `${tenantId}\n${subject.hostId}`
    this.#repeats.advance(host, subject.time)
    const alerts: Alert[] = []
    for (const match of this.#engine.evaluate(event)) {
      if (this.#isRepeat(match.rule.id, event, { host, time: subject.time })) continue
      alerts.push(this.#alert(match, event, { ...subject, tenantId }))
    }
    this.#alerts += alerts.length
    return alerts
  }

  #isRepeat(ruleId: string, event: EcsEvent, at: { host: string; time: string }): boolean {
    const path = event.file?.path
    const entityId = event.process?.entity_id
    // The types promise texts; the log may hold anything.
    if (typeof path !== 'string' || typeof entityId !== 'string') return false
    if (!this.#repeats.isRepeat({ ruleId, entityId, path }, at)) return false
    this.#repeatedByRule.set(ruleId, (this.#repeatedByRule.get(ruleId) ?? 0) + 1)
    this.#repeated += 1
    return true
  }

  #discard(reason: DiscardReason, event: unknown): void {
    this.#discarded[reason] = (this.#discarded[reason] ?? 0) + 1
    const eventId = idOf(event)
    this.#samples.push(eventId === undefined ? { reason } : { reason, eventId })
    if (this.#samples.length > this.#samplesMax) this.#samples.shift()
  }

  // An event's id is its stream's hash, a dash, and the position in the stream.
  #advance(eventId: string): void {
    const dash = eventId.lastIndexOf('-')
    const sequence = Number(eventId.slice(dash + 1))
    if (dash <= 0 || !Number.isSafeInteger(sequence)) return
    const stream = eventId.slice(0, dash)
    const before = this.#streams.get(stream) ?? -1
    if (sequence <= before) this.#behindMark += 1
    this.#streams.delete(stream)
    this.#streams.set(stream, Math.max(before, sequence))
    if (this.#streams.size <= this.#streamsMax) return
    const [oldest] = this.#streams.keys()
    if (oldest !== undefined) this.#streams.delete(oldest)
    this.#streamsForgotten += 1
  }

  #alert({ rule, witnesses }: Match, event: EcsEvent, subject: AlertSubject): Alert {
    const { eventId, time, hostId, tenantId } = subject
    const groupKey = hostId
    const id = alertId({
      ruleId: rule.id as RuleId, // The rule's own id; the brand only keeps it from being confused.
      ruleVersion: rule.version,
      tenantId,
      groupKey,
      eventIds: [eventId],
    })
    const user = userOf(event)
    const name = event.host?.name
    return {
      id,
      rule_id: rule.id,
      rule_name: rule.name,
      rule_version: rule.version,
      severity: rule.severity,
      risk_score: rule.riskScore,
      attack_version: rule.attackVersion,
      techniques: rule.techniques.map((technique) => ({
        id: technique.id,
        tactics: [...technique.tactics],
      })),
      tactics: [...rule.tactics],
      time,
      tenant_id: tenantId,
      host: name === undefined ? { id: hostId } : { id: hostId, name },
      ...(user === undefined ? {} : { user }),
      processes: processesOf(event),
      events: [eventId],
      matches: witnesses.map(
        ({ selection, field, operator, pattern, value }): MatchedPredicate => ({
          event_id: eventId,
          selection,
          field,
          operator,
          pattern: this.#cut(pattern),
          value: this.#cut(value),
        }),
      ),
      group_key: groupKey,
    }
  }

  #cut(text: string): string {
    return text.length <= this.#valueCharsMax ? text : `${text.slice(0, this.#valueCharsMax)}…`
  }

  /** What went through so far. */
  counts(): DetectorCounts {
    return {
      received: this.#received,
      evaluated: this.#evaluated,
      discarded: { ...this.#discarded },
      alerts: this.#alerts,
      alertsDiscarded: { repeated: this.#repeated },
      behindMark: this.#behindMark,
      streamsForgotten: this.#streamsForgotten,
      repeatsForgotten: this.#repeats.forgotten,
      rules: this.#engine.counts().map((counts) => {
        return { ...counts, repeated: this.#repeatedByRule.get(counts.ruleId) ?? 0 }
      }),
    }
  }

  /** The latest discarded events. */
  samples(): readonly DiscardSample[] {
    return [...this.#samples]
  }

  /** The state as text, to be stored together with the offset of the next event. */
  checkpoint(): string {
    return writeCheckpoint({
      counts: this.counts(),
      streams: [...this.#streams],
      repeats: this.#repeats.state(),
    })
  }

  /**
   * Takes up a state that {@link checkpoint} wrote. Counts of rules that are gone are dropped.
   *
   * @throws DetectError `ERR_DETECT_CHECKPOINT_FORMAT` or `ERR_DETECT_CHECKPOINT_VERSION`; the
   *         detector is then as it was.
   */
  restore(text: string): void {
    const { counts, streams, repeats } = readCheckpoint(text)
    this.#received = counts.received
    this.#evaluated = counts.evaluated
    this.#alerts = counts.alerts
    this.#repeated = counts.alertsDiscarded.repeated
    this.#behindMark = counts.behindMark
    this.#streamsForgotten = counts.streamsForgotten
    this.#discarded = { ...counts.discarded }
    this.#engine.setCounts(counts.rules)
    this.#repeatedByRule.clear()
    for (const { ruleId, repeated } of counts.rules) this.#repeatedByRule.set(ruleId, repeated)
    this.#streams.clear()
    for (const [stream, sequence] of streams) this.#streams.set(stream, sequence)
    this.#repeats.restore(repeats, counts.repeatsForgotten)
  }
}

interface Subject {
  readonly eventId: EventId
  readonly time: string
  readonly hostId: string
}

interface AlertSubject extends Subject {
  readonly tenantId: TenantId
}

function idOf(event: unknown): string | undefined {
  // Read defensively: the type of the caller may promise more than the data holds.
  const candidate = event as { readonly event?: { readonly id?: unknown } } | null | undefined
  const id = candidate?.event?.id
  return typeof id === 'string' ? id : undefined
}

function subjectOf(event: EcsEvent): Subject | DiscardReason {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return 'not_an_object'
  const eventId = idOf(event)
  if (eventId === undefined || eventId === '') return 'event_id_missing'
  const time: unknown = event['@timestamp']
  if (typeof time !== 'string' || time === '') return 'timestamp_missing'
  const hostId: unknown = event.host?.id
  if (typeof hostId !== 'string' || hostId === '') return 'host_id_missing'
  return { eventId: eventId as EventId, time, hostId } // The id of a stored event is one.
}

function userOf(event: EcsEvent): Alert['user'] | undefined {
  const id = event.user?.id
  const name = event.user?.name
  if (id === undefined && name === undefined) return undefined
  return { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) }
}

interface ProcessFields {
  readonly pid?: number | undefined
  readonly entity_id?: string | undefined
  readonly name?: string | undefined
  readonly executable?: string | undefined
  readonly command_line?: string | undefined
}

function alertProcess(
  fields: ProcessFields | undefined,
  pidversion: number | undefined,
): readonly AlertProcess[] {
  const { pid, entity_id: entityId, name, executable, command_line: commandLine } = fields ?? {}
  if (pid === undefined || pidversion === undefined || entityId === undefined) return []
  return [
    {
      pid,
      pidversion,
      entity_id: entityId,
      ...(name === undefined ? {} : { name }),
      ...(executable === undefined ? {} : { executable }),
      ...(commandLine === undefined ? {} : { command_line: commandLine }),
    },
  ]
}

/** The actor first, then its parent, then the process acted on; those that are fully named. */
function processesOf(event: EcsEvent): AlertProcess[] {
  const { process, macos } = event
  const target = macos?.target?.process
  return [
    ...alertProcess(process, macos?.process?.pidversion),
    ...alertProcess(process?.parent, macos?.parent?.pidversion),
    ...alertProcess(target, target?.pidversion),
  ]
}
