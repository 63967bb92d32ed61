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
} from '@pomona/schema'
import { Engine, type Match, type RuleCounts } from './engine.ts'
import { DetectError, type DiscardReason } from './errors.ts'

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
}

/** An event that was not evaluated. */
export interface DiscardSample {
  readonly reason: DiscardReason
  readonly eventId?: string
}

/** What went through a detector. `received = evaluated + Σ discarded`. */
export interface DetectorCounts {
  readonly received: number
  readonly evaluated: number
  readonly discarded: Readonly<Partial<Record<DiscardReason, number>>>
  readonly alerts: number
  /** Events at or before their stream's high-water mark: a replay, a second delivery, or late. */
  readonly repeated: number
  readonly streamsForgotten: number
  readonly rules: readonly RuleCounts[]
}

const CHECKPOINT_FORMAT = 'pomona-detector'
const CHECKPOINT_VERSION = 1
const MATCHES_MAX = 50
const VALUE_CHARS_MAX = 4_096
const STREAMS_MAX = 100_000
const SAMPLES_MAX = 20
const CHECKPOINT_CHARS_MAX = 64 * 1_048_576

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
  #received = 0
  #evaluated = 0
  #alerts = 0
  #repeated = 0
  #streamsForgotten = 0
  #discarded: Partial<Record<DiscardReason, number>> = {}

  constructor(rules: readonly Rule[], options: DetectorOptions = {}) {
    this.#matchesMax = options.matchesMax ?? MATCHES_MAX
    this.#engine = new Engine(rules, { witnessesMax: this.#matchesMax })
    this.#tenantId = options.tenantId ?? TENANT_DEFAULT
    this.#valueCharsMax = options.valueCharsMax ?? VALUE_CHARS_MAX
    this.#streamsMax = options.streamsMax ?? STREAMS_MAX
    this.#samplesMax = options.samplesMax ?? SAMPLES_MAX
  }

  /**
   * Evaluates the next event.
   *
   * @param tenantId Whose event it is; the detector's own tenant without it.
   * @returns The alerts it triggers, in the order of the rules. An event that lacks what an alert
   *          needs is discarded with a reason and triggers none.
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
    const matches = this.#engine.evaluate(event)
    this.#alerts += matches.length
    return matches.map((match) => this.#alert(match, event, { ...subject, tenantId }))
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
    if (sequence <= before) this.#repeated += 1
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
      repeated: this.#repeated,
      streamsForgotten: this.#streamsForgotten,
      rules: this.#engine.counts(),
    }
  }

  /** The latest discarded events. */
  samples(): readonly DiscardSample[] {
    return [...this.#samples]
  }

  /** The state as text, to be stored together with the offset of the next event. */
  checkpoint(): string {
    return JSON.stringify({
      format: CHECKPOINT_FORMAT,
      version: CHECKPOINT_VERSION,
      counts: this.counts(),
      streams: [...this.#streams],
    })
  }

  /**
   * Takes up a state that {@link checkpoint} wrote. Counts of rules that are gone are dropped.
   *
   * @throws DetectError `ERR_DETECT_CHECKPOINT_FORMAT` or `ERR_DETECT_CHECKPOINT_VERSION`; the
   * detector
   *         is then as it was.
   */
  restore(text: string): void {
    const state = parseCheckpoint(text)
    const { counts } = state
    this.#received = counts.received
    this.#evaluated = counts.evaluated
    this.#alerts = counts.alerts
    this.#repeated = counts.repeated
    this.#streamsForgotten = counts.streamsForgotten
    this.#discarded = { ...counts.discarded }
    this.#engine.setCounts(counts.rules)
    this.#streams.clear()
    for (const [stream, sequence] of state.streams) this.#streams.set(stream, sequence)
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

interface Checkpoint {
  readonly counts: DetectorCounts
  readonly streams: readonly (readonly [string, number])[]
}

function parseCheckpoint(text: string): Checkpoint {
  const broken = (what: string): DetectError =>
    new DetectError(
      'ERR_DETECT_CHECKPOINT_FORMAT',
      `The detector's saved state ${what}; delete it and evaluate the log from its start.`,
    )
  if (text.length > CHECKPOINT_CHARS_MAX) throw broken('is too large')
  let state: unknown
  try {
    state = JSON.parse(text)
  } catch (error) {
    throw Object.assign(broken('is not JSON'), { cause: error })
  }
  if (typeof state !== 'object' || state === null) throw broken('is not an object')
  const fields = state as Readonly<Record<string, unknown>> // An object, checked above.
  const { format, version, counts, streams } = fields
  if (format !== CHECKPOINT_FORMAT) throw broken('is of another program')
  if (version !== CHECKPOINT_VERSION) {
    throw new DetectError(
      'ERR_DETECT_CHECKPOINT_VERSION',
      `The detector's saved state has version ${String(version)}, this program reads ` +
        `${CHECKPOINT_VERSION}; delete it and evaluate the log from its start.`,
      { found: String(version), expected: CHECKPOINT_VERSION },
    )
  }
  if (!isCounts(counts) || !isStreams(streams)) throw broken('lacks its counts')
  return { counts, streams }
}

function isCounts(value: unknown): value is DetectorCounts {
  if (typeof value !== 'object' || value === null) return false
  const counts = value as Readonly<Record<string, unknown>> // An object, checked above.
  const numbers = ['received', 'evaluated', 'alerts', 'repeated', 'streamsForgotten']
  const isWhole = numbers.every((key) => Number.isSafeInteger(counts[key]))
  const { discarded, rules } = counts
  return isWhole && typeof discarded === 'object' && discarded !== null && isRuleCounts(rules)
}

function isRuleCounts(value: unknown): value is readonly RuleCounts[] {
  return (
    Array.isArray(value) &&
    value.every((entry: unknown) => {
      if (typeof entry !== 'object' || entry === null) return false
      const counts = entry as Readonly<Record<string, unknown>> // An object, checked above.
      const numbers = [counts['evaluated'], counts['matched'], counts['errored']]
      return typeof counts['ruleId'] === 'string' && numbers.every(Number.isSafeInteger)
    })
  )
}

function isStreams(value: unknown): value is readonly (readonly [string, number])[] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair: unknown) =>
        Array.isArray(pair) && typeof pair[0] === 'string' && Number.isSafeInteger(pair[1]),
    )
  )
}
