import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import {
  type Clock,
  type DeadLettersReplayed,
  deriveId,
  formatTime,
  type HostId,
  type StreamId,
  type TenantId,
} from '@pomona/schema'
import {
  decodePayload,
  type Log,
  type LogAppend,
  type Records,
  type StoredLetter,
} from '@pomona/store'
import { sha256 } from '../digest.ts'
import { evaluated } from '../engine/log-chunk.ts'
import { messageOf } from '../errors.ts'
import { checkEvents } from './event-check.ts'

/** What the desk for dead letters works with. */
export interface LetterDeskOptions {
  readonly log: Log
  readonly records: Records
  readonly clock: Clock
  /** Called when something was added to the log. */
  readonly onStored: () => void
}

type Refused = DeadLettersReplayed['refused'][number]
type Tried =
  | { readonly ok: true; readonly entry: LogAppend }
  | { readonly ok: false; readonly why: Omit<Refused, 'id'> }

const compress = promisify(zstdCompress)
const DETAIL_CHARACTERS_MAX = 500

/**
 * Tries dead letters again, after a rule, a mapping or the server was mended, or takes them away.
 *
 * What is taken goes into the log as a delivery of its own, whose stream is derived from the
 * letter: trying it twice, or a crash in between, stores it once. An event that the gateway had
 * refused is judged anew by the same checks; one that the engine failed on is in the log already
 * and is only evaluated again.
 */
export class LetterDesk {
  readonly #options: LetterDeskOptions

  constructor(options: LetterDeskOptions) {
    this.#options = options
  }

  /** @throws StoreError when log or records fail; what was tried before stays tried. */
  async replay(ids: readonly string[], actor: string): Promise<DeadLettersReplayed> {
    const { log, records } = this.#options
    const letters = await records.letters.get(ids)
    const found = new Set(letters.map(({ id }) => id))
    const refused: Refused[] = ids
      .filter((id) => !found.has(id))
      .map((id) => ({ id, reason: 'not_found', detail: 'It is not in the queue.' }))
    const replayed: string[] = []
    for (const letter of letters) {
      const tried = await this.#try(letter)
      if (!tried.ok) {
        refused.push({ id: letter.id, ...tried.why })
        continue
      }
      await log.append(tried.entry)
      replayed.push(...(await records.letters.settle([letter.id], 'replayed')))
    }
    if (replayed.length > 0) this.#options.onStored()
    await this.#audit(replayed, { actor, action: 'dead_letters_replayed' })
    return { replayed: replayed.length, refused }
  }

  /** @returns How many were in the queue. */
  async discard(ids: readonly string[], actor: string): Promise<number> {
    const settled = await this.#options.records.letters.settle(ids, 'discarded')
    await this.#audit(settled, { actor, action: 'dead_letters_discarded' })
    return settled.length
  }

  async #try(letter: StoredLetter): Promise<Tried> {
    const { source } = letter
    if (source === undefined) {
      return refuse('no_source', 'What it is about was not kept, or was too large to be.')
    }
    return source.kind === 'event'
      ? await this.#tryEvent(letter, source)
      : await this.#tryPlace(letter, source)
  }

  async #tryEvent(
    letter: StoredLetter,
    source: Extract<StoredLetter['source'], { readonly kind: 'event' }>,
  ): Promise<Tried> {
    const ingested = formatTime(this.#options.clock.nowNs())
    const { streamId: stream_id, text } = source
    const host = { id: letter.host_id ?? '', name: letter.host_id ?? '' }
    const checked = checkEvents(
      {
        ...{ host, stream_id, boot_id: '', run: '', digest: '', events: [JSON.parse(text)] },
        first_sequence: source.firstSequence,
        last_sequence: source.lastSequence,
      },
      { ingested, lettersMax: 1 },
    )
    const [event] = checked.accepted
    if (event === undefined) {
      const [again] = checked.letters
      return refuse(again?.reason ?? letter.reason, again?.detail ?? letter.detail)
    }
    return { ok: true, entry: await entryOf(letter, { source, ingested, text: `[${event}]` }) }
  }

  async #tryPlace(
    letter: StoredLetter,
    { offset, index }: Extract<StoredLetter['source'], { readonly kind: 'log' }>,
  ): Promise<Tried> {
    const [entry] = await this.#options.log.read(offset, { entriesMax: 1, bytesMax: 1 })
    if (entry?.offset !== offset) return refuse('not_in_log', 'The log does not hold its place.')
    try {
      const event = evaluated(decodePayload(entry.payload))[index]
      if (event === undefined) return refuse('not_in_log', 'The log does not hold its place.')
      const ingested = formatTime(this.#options.clock.nowNs())
      const text = JSON.stringify({ again: [event] })
      return { ok: true, entry: await entryOf(letter, { source: entry, ingested, text }) }
    } catch (error) {
      return refuse('entry_undecodable', messageOf(error).slice(0, DETAIL_CHARACTERS_MAX))
    }
  }

  async #audit(
    ids: readonly string[],
    { actor, action }: { readonly actor: string; readonly action: string },
  ): Promise<void> {
    if (ids.length === 0) return
    const { records, clock } = this.#options
    const details = { count: String(ids.length), ids: ids.join(' ') }
    await records.audit({
      time: formatTime(clock.nowNs()),
      actor,
      action,
      target: 'dead_letters',
      details,
    })
  }
}

async function entryOf(
  letter: StoredLetter,
  parts: {
    readonly source: { readonly tenantId: string }
    readonly ingested: string
    readonly text: string
  },
): Promise<LogAppend> {
  return {
    // Of what the gateway or the log had; the brands only mark what the texts stand for.
    tenantId: parts.source.tenantId as TenantId,
    hostId: (letter.host_id ?? '') as HostId,
    streamId: deriveId('stream', ['replay', letter.id]) as StreamId,
    firstSequence: 0,
    lastSequence: 0,
    // Of the letter, not of the text, which has the time in it: then a second try is a repeat.
    digest: await sha256(Buffer.from(letter.id)),
    ingested: parts.ingested,
    eventsCount: 1,
    // Acknowledged when it first came.
    delivered: 0,
    payload: await compress(parts.text),
  }
}

function refuse(reason: string, detail: string): Tried {
  return { ok: false, why: { reason, detail } }
}
