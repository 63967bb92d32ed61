import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import type { EcsEvent, EventBatch, HostDescription, Random, StreamId } from '@pomona/schema'
import { CliError } from '../errors.ts'

const compress = promisify(zstdCompress)

const INGEST_PATH = '/api/v1/ingest/batches'
const REQUEST_TIMEOUT_MS = 30_000
const BACKOFF_FIRST_MS = 200
const BACKOFF_MAX_MS = 30_000
const RETRY_AFTER_MAX_MS = 60_000
/** Bytes of an answer that are read; receipts and problems are far shorter. */
const ANSWER_CHARACTERS_MAX = 64 * 1024

/** One event with its place in the stream. */
export interface SequencedEvent {
  readonly sequence: number
  readonly event: EcsEvent
}

/** What an uplink did. `sent` events are on the server's stable storage. */
export interface UplinkCounts {
  readonly batches: number
  readonly events: number
  readonly wireBytes: number
  /** Requests that had to be repeated, by HTTP status or `network`. */
  readonly retries: Readonly<Record<string, number>>
  /** Deliveries the server had already. */
  readonly duplicates: number
  /** Events the server set aside as dead letters. */
  readonly rejected: number
}

/**
 * Waits; rejects with the signal's reason when that is aborted. Passed in, so that tests own time.
 */
export type Sleep = (waitMs: number, signal: AbortSignal) => Promise<void>

/** Where and as whom an uplink sends. */
export interface UplinkOptions {
  /** Address of the server, such as `http://127.0.0.1:7171`. */
  readonly server: string
  readonly token: string
  readonly host: HostDescription
  readonly bootId: string
  readonly streamId: StreamId
  readonly random: Random
  readonly sleep: Sleep
  readonly signal: AbortSignal
}

type Answer =
  | { readonly kind: 'stored'; readonly duplicate: boolean; readonly rejected: number }
  | { readonly kind: 'overlap'; readonly lastSequence: number }
  | { readonly kind: 'again'; readonly cause: string; readonly afterMs: number | undefined }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }

/**
 * Delivers the events of one stream, in order, each until the server has it on stable storage. What
 * fails for a passing reason is repeated with exponential backoff and full jitter, for ever: an
 * agent has nowhere else to put its events. Repeating is safe, because range and digest name a
 * delivery.
 */
export class Uplink {
  readonly #options: UplinkOptions
  readonly #retries = new Map<string, number>()
  #batches = 0
  #events = 0
  #wireBytes = 0
  #duplicates = 0
  #rejected = 0

  constructor(options: UplinkOptions) {
    this.#options = options
  }

  /**
   * Delivers one batch and resolves when it is stored.
   *
   * @param events Ascending sequences, at least one, at most BATCH_EVENTS_MAX.
   * @param counts What was sensed and lost since the last batch; part of the same delivery.
   * @throws CliError ERR_CLI_FLEET_REFUSED when the server refuses for good; the signal's reason
   *         when it is aborted, in which case the batch may or may not be stored.
   */
  async deliver(events: readonly SequencedEvent[], counts: EventBatch['counts']): Promise<void> {
    let pending = events
    for (let attempt = 0; pending.length > 0;) {
      const answer = await this.#post(pending, counts)
      switch (answer.kind) {
        case 'stored':
          this.#batches++
          this.#events += pending.length
          this.#rejected += answer.rejected
          if (answer.duplicate) this.#duplicates++
          return
        case 'overlap':
          pending = pending.filter(({ sequence }) => sequence > answer.lastSequence)
          break
        case 'again':
          this.#retries.set(answer.cause, (this.#retries.get(answer.cause) ?? 0) + 1)
          await this.#wait(attempt, answer.afterMs)
          attempt++
          break
        case 'refused':
          throw new CliError(
            'ERR_CLI_FLEET_REFUSED',
            `The server refuses ${this.#options.host.name}: ${answer.message} (HTTP ${answer.status}).`,
            { details: { status: answer.status } },
          )
      }
    }
  }

  counts(): UplinkCounts {
    return {
      batches: this.#batches,
      events: this.#events,
      wireBytes: this.#wireBytes,
      retries: Object.fromEntries(this.#retries),
      duplicates: this.#duplicates,
      rejected: this.#rejected,
    }
  }

  async #post(events: readonly SequencedEvent[], counts: EventBatch['counts']): Promise<Answer> {
    const { server, token, signal } = this.#options
    const body = await compress(this.#body(events, counts))
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
    try {
      const response = await fetch(new URL(INGEST_PATH, server), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-encoding': 'zstd',
        },
        body: Uint8Array.from(body),
        signal: AbortSignal.any([signal, timeout]),
        redirect: 'error',
      })
      const text = (await response.text()).slice(0, ANSWER_CHARACTERS_MAX)
      this.#wireBytes += body.length
      return judge(response, text)
    } catch (error) {
      signal.throwIfAborted()
      // fetch reports every failure of the network as a TypeError, and a timeout as a DOMException.
      if (!(error instanceof TypeError) && !timeout.aborted) throw error
      return { kind: 'again', cause: 'network', afterMs: undefined }
    }
  }

  #body(events: readonly SequencedEvent[], counts: EventBatch['counts']): string {
    const { host, bootId, streamId } = this.#options
    const text = `[${events.map(({ event }) => JSON.stringify(event)).join(',')}]`
    const envelope = {
      host,
      boot_id: bootId,
      stream_id: streamId,
      first_sequence: events[0]?.sequence ?? 0,
      last_sequence: events.at(-1)?.sequence ?? 0,
      digest: createHash('sha256').update(text).digest('hex'),
      ...(counts === undefined ? {} : { counts }),
    }
    // The digest is over the text of `events` as sent, so the text is spliced in and not made
    // again.
    return `${JSON.stringify(envelope).slice(0, -1)},"events":${text}}`
  }

  async #wait(attempt: number, afterMs: number | undefined): Promise<void> {
    const { random, sleep, signal } = this.#options
    const ceilingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 16))
    // Full jitter: agents that lost the server together must not come back together.
    const [low = 0, high = 0] = random.bytes(2)
    const jitter = (low + high * 256) / 65_536
    const waitMs = Math.min(afterMs ?? 0, RETRY_AFTER_MAX_MS) + ceilingMs * jitter
    await sleep(waitMs, signal)
  }
}

function judge(response: Response, text: string): Answer {
  const { status } = response
  const answer = parseObject(text)
  if (status === 200 || status === 201) {
    const { rejected } = answer
    const isCount = typeof rejected === 'number'
    return {
      kind: 'stored',
      duplicate: answer['status'] === 'duplicate',
      rejected: isCount ? rejected : 0,
    }
  }
  const lastSequence = answer['last_sequence']
  if (status === 409 && typeof lastSequence === 'number') return { kind: 'overlap', lastSequence }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
    const afterMs = Number.isFinite(seconds) ? seconds * 1_000 : undefined
    return { kind: 'again', cause: String(status), afterMs }
  }
  const message = answer['message']
  return {
    kind: 'refused',
    status,
    message: typeof message === 'string' ? message : 'no reason given',
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    // Checked: an object, whose values are looked at one by one.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    // A proxy's error page is not JSON; the status alone decides then.
    return {}
  }
}
