import {
  type BootId,
  type EcsEvent,
  eventId,
  type HostId,
  processEntityIds,
  streamId,
  type StreamId,
} from '@pomona/schema'
import type { FileFacts, NetworkRecord, RawRecord, UnifiedLogRecord } from '@pomona/sensor'
import type { Document, EventPart, Part } from './document.ts'
import type { DropReason } from './errors.ts'
import { macosPart } from './es-part.ts'
import type { Draft, EventEntry, Outcome } from './event-table/entry.ts'
import { EVENT_ENTRY_BY_KEY, unknownEntry } from './event-table/table.ts'
import { joinFileFacts } from './file-facts.ts'
import { agentPart, ECS_VERSION, type HostContext, hostPart } from './host.ts'
import { NORMALIZE_LIMITS, type NormalizeLimits } from './limits.ts'
import { NetworkEvents } from './network/events.ts'
import type { ProcessImage } from './process/image.ts'
import { asActor, asOther, withThread } from './process/parts.ts'
import type { ProcessSnapshotRow } from './process/snapshot.ts'
import { ProcessTable } from './process/table.ts'
import {
  type Body,
  bodyOf,
  EMPTY_BODY,
  integerOf,
  numeralOf,
  Reader,
  timeOf,
  valueAt,
} from './reader.ts'
import { relatedOf } from './related.ts'
import { LogEvents } from './unified-log/events.ts'
import { UserNames } from './users.ts'

/** What a caller may set; every part has a default. */
export interface NormalizerOptions {
  readonly limits?: Partial<NormalizeLimits>
  /** Names of users by id that the caller knows for certain. */
  readonly users?: ReadonlyMap<string, string>
  /** Processes that run already. */
  readonly processes?: readonly ProcessSnapshotRow[]
  /** Keep the record's text in `event.original`; true unless said otherwise. */
  readonly original?: boolean
  /** `event.dataset`; `eslogger` unless said otherwise. */
  readonly dataset?: string
  /**
   * Names the sensor of network records and its run, where they have a numbering of their own;
   * unless said otherwise they are numbered with all others.
   */
  readonly networkSensor?: string
}

/** An event, or the reason why the record is none. */
export type Normalized =
  | { readonly ok: true; readonly event: EcsEvent }
  | { readonly ok: false; readonly reason: DropReason }

/** What a normaliser has done; received = sent + the sum of discarded. */
export interface NormalizeCounts {
  readonly received: number
  readonly sent: number
  readonly discarded: Readonly<Record<DropReason, number>>
  /** Events of a type the table does not know; they are sent. */
  readonly typesUnknown: number
  readonly textsTruncated: number
  readonly listsTruncated: number
  readonly usersRefused: number
  readonly processesHeld: number
  readonly processesRetired: number
  readonly processesEvicted: number
  readonly seedsRefused: number
}

const MODULE = 'endpoint_security'
const RESULT_AUTH = 0
const AUTH_ALLOWED = 0
const AUTH_DENIED = 1

// Drops carry no data, so one object a reason serves all of them.
const DROPPED: Readonly<Record<DropReason, Normalized>> = {
  record_invalid: { ok: false, reason: 'record_invalid' },
  event_missing: { ok: false, reason: 'event_missing' },
  event_ambiguous: { ok: false, reason: 'event_ambiguous' },
  time_invalid: { ok: false, reason: 'time_invalid' },
  process_missing: { ok: false, reason: 'process_missing' },
}

interface Recognised {
  key: string
  body: Body
}

// The single key of `event` names the type; `event_type` only repeats it as a number.
function recognise(value: unknown, into: Recognised): DropReason | undefined {
  const event = bodyOf(value)
  if (event === undefined) return 'event_missing'
  let found: string | undefined
  for (const key in event) {
    if (found !== undefined) return 'event_ambiguous'
    found = key
  }
  if (found === undefined || found === '') return 'event_missing'
  into.key = found
  into.body = bodyOf(valueAt(event, found)) ?? EMPTY_BODY
  return undefined
}

// What Endpoint Security clients decided about the action; NOTIFY events of denied actions exist.
function permitted(action: unknown): Outcome {
  const result = bodyOf(valueAt(bodyOf(action), 'result'))
  if (valueAt(result, 'result_type') !== RESULT_AUTH) return undefined
  const auth = valueAt(bodyOf(valueAt(result, 'result')), 'auth')
  if (auth === AUTH_ALLOWED) return 'success'
  return auth === AUTH_DENIED ? 'failure' : undefined
}

/**
 * Turns the records of one stream into ECS events, in order, each with its place in the process
 * tree.
 *
 * Holds the processes of one boot, so it must see the records of a stream once and in their order.
 * Events share frozen parts with each other; copy a part before changing it.
 */
export class Normalizer {
  readonly #stream: StreamId
  readonly #host: Part<'host'>
  readonly #agent: Part<'agent'>
  readonly #dataset: string
  readonly #original: boolean
  readonly #actionLengthMax: number
  readonly #reader: Reader
  readonly #users: UserNames
  readonly #processes: ProcessTable
  readonly #network: NetworkEvents
  readonly #log: LogEvents
  readonly #recognised: Recognised = { key: '', body: EMPTY_BODY }
  #draft: Draft | undefined
  #received = 0
  #sent = 0
  #typesUnknown = 0
  readonly #discarded: Record<DropReason, number>

  constructor(context: HostContext, options: NormalizerOptions = {}) {
    const limits = { ...NORMALIZE_LIMITS, ...options.limits }
    const identity = {
      tenantId: context.tenantId,
      hostId: context.host.id as HostId, // The host description names the host.
      bootId: context.bootId as BootId, // The context names the boot.
    }
    this.#stream = streamId({ ...identity, sensor: context.sensor })
    this.#host = hostPart(context)
    this.#agent = agentPart(context)
    this.#dataset = options.dataset ?? 'eslogger'
    this.#original = options.original ?? true
    this.#actionLengthMax = limits.actionLengthMax
    this.#reader = new Reader(limits)
    this.#users = new UserNames(options.users ?? new Map(), limits.usersMax)
    this.#processes = new ProcessTable({
      limits,
      reader: this.#reader,
      entityIds: processEntityIds(identity),
    })
    this.#processes.seed(options.processes ?? [])
    const { networkSensor } = options
    const shared = {
      stream: this.#stream,
      host: this.#host,
      agent: this.#agent,
      processes: this.#processes,
      users: this.#users,
      reader: this.#reader,
    }
    this.#network = new NetworkEvents({
      ...shared,
      ...(networkSensor !== undefined && {
        stream: streamId({ ...identity, sensor: networkSensor }),
      }),
    })
    this.#log = new LogEvents({ ...shared, original: this.#original })
    this.#discarded = { ...NO_DROPS }
  }

  /** The id of the stream the events belong to, as their batches name it. */
  get streamId(): StreamId {
    return this.#stream
  }

  /** What was done so far. */
  get counts(): NormalizeCounts {
    const processes = this.#processes.counts
    const { texts, lists } = this.#reader.truncated
    return {
      received: this.#received,
      sent: this.#sent,
      discarded: { ...this.#discarded },
      typesUnknown: this.#typesUnknown,
      textsTruncated: texts,
      listsTruncated: lists,
      usersRefused: this.#users.refused,
      processesHeld: processes.held,
      processesRetired: processes.retired,
      processesEvicted: processes.evicted,
      seedsRefused: processes.seedsRefused,
    }
  }

  /** Takes processes that run already, such as a list from `ps`; what records say wins. */
  seed(rows: readonly ProcessSnapshotRow[]): void {
    this.#processes.seed(rows)
  }

  /**
   * Turns one record into an event.
   *
   * @param facts What was read of the file the record names, where somebody looked.
   * @returns The event, which fits the field table, or why there is none. A record of a
   *          type, a version or with keys nobody has heard of still becomes an event.
   * @throws  Never.
   */
  normalize(record: RawRecord, facts?: FileFacts): Normalized {
    this.#received += 1
    const value = bodyOf(record.value)
    if (value === undefined) return this.#drop('record_invalid')
    const recognised = this.#recognised
    const reason = recognise(valueAt(value, 'event'), recognised)
    if (reason !== undefined) return this.#drop(reason)
    const time = timeOf(valueAt(value, 'time'))
    if (time === undefined) return this.#drop('time_invalid')
    const reporter = this.#processes.observe(valueAt(value, 'process'))
    if (reporter === undefined) return this.#drop('process_missing')
    const entry = EVENT_ENTRY_BY_KEY.get(recognised.key) ?? this.#unknown(recognised.key)
    const { body } = recognised
    const subject =
      entry.subject?.({
        body,
        reporter,
        processes: this.#processes,
        reader: this.#reader,
        time,
      }) ?? reporter
    this.#sent += 1
    const found = { record, value, entry, body, time, reporter, subject, facts }
    return { ok: true, event: this.#event(found) }
  }

  /**
   * Turns a record of the network sensor into an event. Its process is the one with its pid in the
   * table now, so records of both sensors must come in the order of their time.
   *
   * @throws Never.
   */
  network(record: NetworkRecord): Normalized {
    this.#received += 1
    this.#sent += 1
    return { ok: true, event: this.#network.event(record) }
  }

  /**
   * Turns a record of the unified log into an event. Processes are found as for the network.
   *
   * @throws Never.
   */
  log(record: UnifiedLogRecord): Normalized {
    this.#received += 1
    this.#sent += 1
    return { ok: true, event: this.#log.event(record) }
  }

  #drop(reason: DropReason): Normalized {
    this.#discarded[reason] += 1
    return DROPPED[reason]
  }

  #unknown(key: string): EventEntry {
    this.#typesUnknown += 1
    return unknownEntry(key.slice(0, this.#actionLengthMax).toWellFormed())
  }

  #event(found: Found): EcsEvent {
    const { record, value, entry, body, time, reporter, subject } = found
    const users = this.#users
    const actor = asActor(subject, users)
    const event = this.#eventPart(found)
    const macos = macosPart(value, actor)
    if (entry.mediated) macos.reporter = asOther(reporter, users)
    const document: Document = {
      '@timestamp': time,
      ecs: ECS_VERSION,
      event,
      agent: this.#agent,
      host: this.#host,
      // The thread is one of the reporting process; of another actor it says nothing.
      process: subject.pid === reporter.pid ? withThread(subject, threadOf(value)) : actor.process,
      user: actor.user,
      macos,
    }
    if (actor.group !== undefined) document.group = actor.group
    if (entry.map !== undefined) {
      const draft = this.#fill({ document, event, macos, body, subject, reporter, time })
      entry.map(draft)
      if (draft.macosFile !== undefined) macos.file = draft.macosFile
      const related = relatedOf(document, actor, draft.relatedUsers)
      if (related !== undefined) document.related = related
    } else if (actor.related !== undefined) document.related = actor.related
    if (found.facts !== undefined) {
      joinFileFacts(found.facts, { document, macos, subject, users, threadId: threadOf(value) })
    }
    if (this.#original) event.original = record.text
    return document
  }

  #eventPart({ record, value, entry, body }: Found): EventPart {
    const { category, type } = entry.classify?.(body) ?? entry.classification
    const event: EventPart = {
      id: eventId(this.#stream, record.sequence),
      kind: entry.kind,
      category,
      type,
      action: entry.action,
      module: MODULE,
      dataset: this.#dataset,
      sequence: record.sequence,
    }
    const outcome =
      entry.outcome === undefined ? permitted(valueAt(value, 'action')) : entry.outcome(body)
    const code = numeralOf(valueAt(value, 'event_type'))
    if (outcome !== undefined) event.outcome = outcome
    if (code !== undefined) event.code = code
    if (record.created !== undefined) event.created = record.created
    return event
  }

  // One draft is filled again and again; entries do not keep it.
  #fill(
    parts: Omit<Draft, 'macosFile' | 'relatedUsers' | 'reader' | 'processes' | 'users'>,
  ): Draft {
    const draft = this.#draft
    if (draft === undefined) {
      this.#draft = {
        ...parts,
        macosFile: undefined,
        relatedUsers: undefined,
        reader: this.#reader,
        processes: this.#processes,
        users: this.#users,
      }
      return this.#draft
    }
    draft.document = parts.document
    draft.event = parts.event
    draft.macos = parts.macos
    draft.macosFile = undefined
    draft.body = parts.body
    draft.subject = parts.subject
    draft.reporter = parts.reporter
    draft.time = parts.time
    draft.relatedUsers = undefined
    return draft
  }
}

interface Found {
  readonly record: RawRecord
  readonly value: Body
  readonly entry: EventEntry
  readonly body: Body
  readonly time: string
  readonly reporter: ProcessImage
  readonly subject: ProcessImage
  readonly facts: FileFacts | undefined
}

const NO_DROPS: Readonly<Record<DropReason, number>> = {
  record_invalid: 0,
  event_missing: 0,
  event_ambiguous: 0,
  time_invalid: 0,
  process_missing: 0,
}

function threadOf(value: Body): number | undefined {
  return integerOf(valueAt(bodyOf(valueAt(value, 'thread')), 'thread_id'))
}
