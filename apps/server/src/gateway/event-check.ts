import {
  deriveId,
  EVENT_CHARACTERS_MAX,
  fieldPath,
  fieldValue,
  problemsOf,
  TENANT_DEFAULT,
} from '@pomona/schema'
import type { StoredLetter } from '@pomona/store'
import type { Envelope } from './body.ts'

/** Why an event of a batch is set aside. */
export type EventRefusal =
  | 'not_an_object'
  | 'unknown_field'
  | 'wrong_type'
  | 'value_not_allowed'
  | 'missing_field'
  | 'foreign_host'
  | 'foreign_stream'
  | 'foreign_provider'
  | 'sequence_outside_range'
  | 'sequence_repeated'
  | 'too_large'

/** A batch after each of its events was judged. */
export interface CheckedEvents {
  /** JSON text of each accepted event, stamped with `event.ingested`. */
  readonly accepted: readonly string[]
  /** Newest `@timestamp` among the accepted. */
  readonly newest: string | undefined
  readonly refused: ReadonlyMap<EventRefusal, number>
  /** The first refused ones, as the operator will see them. */
  readonly letters: readonly StoredLetter[]
}

interface CheckOptions {
  /** When the server took the batch; RFC 3339, nine digits. */
  readonly ingested: string
  /** Refused events kept as dead letters; further ones are only counted. */
  readonly lettersMax: number
}

/** `event.provider` of what the server itself adds to the events of a host. */
export const SERVER_PROVIDER = 'pomona-server'

const SAMPLE_CHARACTERS_MAX = 1_024
const REQUIRED = ['@timestamp', 'event.id', 'host.id'].map((name) => ({
  name,
  path: fieldPath(name),
}))

/**
 * Judges each event of a batch by itself: a bad one becomes a dead letter, the others go on.
 *
 * An agent is hostile until proven otherwise, so an event must carry the host of its batch and an
 * id of its batch's stream inside the announced range, rising: it cannot speak for another host or
 * rewrite what another stream said.
 */
export function checkEvents(batch: Envelope, options: CheckOptions): CheckedEvents {
  const accepted: string[] = []
  const refused = new Map<EventRefusal, number>()
  const letters: StoredLetter[] = []
  let newest: string | undefined
  let sequenceLast = -1
  for (const [index, value] of batch.events.entries()) {
    const verdict = judge(value, { batch, sequenceLast, ingested: options.ingested })
    if (verdict.ok) {
      accepted.push(verdict.text)
      sequenceLast = verdict.sequence
      if (newest === undefined || verdict.time > newest) newest = verdict.time
      continue
    }
    refused.set(verdict.reason, (refused.get(verdict.reason) ?? 0) + 1)
    if (letters.length < options.lettersMax) {
      letters.push(deadLetter(value, { batch, index, verdict, time: options.ingested }))
    }
  }
  return { accepted, newest, refused, letters }
}

type Verdict =
  | { readonly ok: true; readonly text: string; readonly sequence: number; readonly time: string }
  | { readonly ok: false; readonly reason: EventRefusal; readonly detail: string }

interface JudgeContext {
  readonly batch: Envelope
  readonly sequenceLast: number
  readonly ingested: string
}

function judge(value: unknown, { batch, sequenceLast, ingested }: JudgeContext): Verdict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refusal('not_an_object', 'An event is a JSON object.')
  }
  const problem = problemsOf(value, 1)[0]
  if (problem !== undefined) return refusal(problem.reason, problem.field)
  const missing = REQUIRED.find(({ path }) => fieldValue(value, path) === undefined)
  if (missing !== undefined) return refusal('missing_field', missing.name)
  if (textAt(value, HOST_ID) !== batch.host.id) {
    return refusal('foreign_host', 'host.id is not the host of the batch.')
  }
  if (textAt(value, EVENT_PROVIDER) === SERVER_PROVIDER) {
    return refusal('foreign_provider', 'event.provider names the server, which no host is.')
  }
  const sequence = sequenceOf(textAt(value, EVENT_ID), batch.stream_id)
  if (sequence === undefined) {
    return refusal('foreign_stream', 'event.id does not belong to the stream of the batch.')
  }
  if (sequence < batch.first_sequence || sequence > batch.last_sequence) {
    return refusal('sequence_outside_range', `Sequence ${sequence} is outside the batch's range.`)
  }
  if (sequence <= sequenceLast) {
    return refusal('sequence_repeated', `Sequence ${sequence} does not rise.`)
  }
  const text = JSON.stringify(stamped(value, ingested))
  if (text.length > EVENT_CHARACTERS_MAX) {
    return refusal('too_large', `The event has ${text.length} characters.`)
  }
  return { ok: true, text, sequence, time: textAt(value, TIMESTAMP) }
}

const HOST_ID = fieldPath('host.id')
const EVENT_ID = fieldPath('event.id')
const EVENT_PROVIDER = fieldPath('event.provider')
const TIMESTAMP = fieldPath('@timestamp')

function textAt(document: object, path: readonly string[]): string {
  const value = fieldValue(document, path)
  return typeof value === 'string' ? value : ''
}

const SEQUENCE = /^(?:0|[1-9]\d{0,15})$/

function sequenceOf(id: string, stream: string): number | undefined {
  if (!id.startsWith(`${stream}-`)) return undefined
  const text = id.slice(stream.length + 1)
  return SEQUENCE.test(text) ? Number(text) : undefined
}

function stamped(value: object, ingested: string): object {
  const event: unknown = 'event' in value ? value.event : undefined
  const fields = typeof event === 'object' ? event : {}
  return { ...value, event: { ...fields, ingested } }
}

function refusal(reason: EventRefusal, detail: string): Verdict {
  return { ok: false, reason, detail }
}

interface LetterContext {
  readonly batch: Envelope
  readonly index: number
  readonly verdict: { readonly reason: string; readonly detail: string }
  readonly time: string
}

function deadLetter(value: unknown, context: LetterContext): StoredLetter {
  const { batch, index, verdict, time } = context
  const text = JSON.stringify(value)
  const place = [batch.stream_id, String(batch.first_sequence), batch.digest, String(index)]
  return {
    id: deriveId('dead-letter', ['gateway', ...place]),
    time,
    stage: 'gateway',
    reason: verdict.reason,
    host_id: batch.host.id,
    detail: verdict.detail,
    sample: text.slice(0, SAMPLE_CHARACTERS_MAX),
    source: {
      kind: 'event',
      text,
      tenantId: TENANT_DEFAULT,
      streamId: batch.stream_id,
      firstSequence: batch.first_sequence,
      lastSequence: batch.last_sequence,
    },
  }
}
