import { isIP } from 'node:net'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import {
  type Clock,
  deriveId,
  type EcsEventDraft,
  eventId,
  formatTime,
  type StreamId,
  type TimeNs,
} from '@pomona/schema'
import type { Log, Records } from '@pomona/store'
import type { Logger } from 'pino'
import { sha256 } from '../digest.ts'
import { RecentIds } from '../engine/recent-ids.ts'
import { messageOf } from '../errors.ts'
import { SERVER_PROVIDER } from '../gateway/event-check.ts'
import { RateLimiter, rateOf } from '../gateway/rate.ts'
import type { AgentIdentity } from '../pki/identity.ts'
import type { Speaker, SuspicionReason } from './session-watch.ts'

/** That two machines seem to speak as one host, and what shows it. */
export interface IdentityDoubt {
  readonly identity: AgentIdentity
  readonly reason: SuspicionReason
  /** Runs of the agent that cannot both be the one of this host, the latest at the end. */
  readonly speakers: readonly Speaker[]
}

/** What the alarm works with. */
export interface IdentityAlarmOptions {
  readonly log: Log
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
  /** Called when something was added to the log. */
  readonly onStored: () => void
}

const RAISED_MAX = 10_000
const PENDING_MAX = 100
/** Of one host. */
const RATE = rateOf({ count: 20, spanSeconds: 3_600 })
const DIGITS_OF_SESSION = 8
const compress = promisify(zstdCompress)

const REASONS: Readonly<Record<SuspicionReason, string>> = {
  session_returned: 'a run of its agent that had ended speaks again',
  epoch_reused: 'a start of its agent was counted twice',
  batch_conflict: 'the same place in its stream was delivered with two contents',
}

/**
 * Puts a doubtful identity into the log as an event of the host, as if one of its sensors had told
 * it: from there on it goes the way of all events, to the timeline, to the rules, and by the rule
 * on `duplicate_identity` to an alert and an incident.
 *
 * The id is derived from the runs that contradict each other, so two machines that take turns for
 * days are one event and one alert; another start of either is another one.
 */
export class IdentityAlarm {
  readonly #options: IdentityAlarmOptions
  readonly #raised = new RecentIds(RAISED_MAX)
  readonly #pending = new Set<Promise<void>>()
  readonly #rate: RateLimiter

  constructor(options: IdentityAlarmOptions) {
    this.#options = options
    this.#rate = new RateLimiter({ ...RATE, keysMax: RAISED_MAX, clock: options.clock })
  }

  /** Stores it in its own time. Never throws: what could not be stored is told at the next sign. */
  raise(doubt: IdentityDoubt): void {
    const id = idOf(doubt)
    if (this.#raised.has(id) || this.#pending.size >= PENDING_MAX) return
    // Whoever has the key may draw a session for every batch: that is still one thing to look at.
    if (this.#rate.take(doubt.identity.hostId, 1) > 0) return
    const storing = this.#store(id, doubt)
    this.#pending.add(storing)
    void storing.finally(() => this.#pending.delete(storing))
  }

  /** Waits for what is being stored. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending)
  }

  async #store(id: string, doubt: IdentityDoubt): Promise<void> {
    const { log, records, clock, logger, onStored } = this.#options
    const { tenantId, hostId } = doubt.identity
    try {
      const name = (await records.host(tenantId, hostId))?.name
      const event = eventOf(id, doubt, { nowNs: clock.nowNs(), name })
      await log.append({
        tenantId,
        hostId,
        streamId: streamOf(id),
        firstSequence: 0,
        lastSequence: 0,
        // Of the id and not of the text, which has the time in it: a second try is a repeat.
        digest: await sha256(Buffer.from(id)),
        ingested: formatTime(clock.nowNs()),
        eventsCount: 1,
        // No agent delivered it.
        delivered: 0,
        payload: await compress(JSON.stringify([event])),
      })
      this.#raised.add(id)
      onStored()
    } catch (error) {
      const said = { host: { id: hostId }, error: { message: messageOf(error) } }
      logger.warn(said, 'A duplicate identity could not be put into the log.')
    }
  }
}

function idOf({ identity, speakers, reason }: IdentityDoubt): string {
  const sessions = speakers.map(({ sessionId }) => sessionId).toSorted()
  const what = sessions.length > 1 ? sessions : [reason, ...sessions]
  return deriveId('duplicate-identity', [identity.tenantId, identity.hostId, ...what])
}

function streamOf(id: string): StreamId {
  // The brand only says what the hash is of.
  return deriveId('stream', ['duplicate-identity', id]) as StreamId
}

function eventOf(
  id: string,
  { identity, reason, speakers }: IdentityDoubt,
  { nowNs, name }: { readonly nowNs: TimeNs; readonly name: string | undefined },
): EcsEventDraft {
  const addresses = speakers.flatMap(({ address }) => plainAddress(address) ?? [])
  const latest = plainAddress(speakers.at(-1)?.address)
  const time = formatTime(nowNs)
  return {
    '@timestamp': time,
    message: `Two machines speak as this host: ${REASONS[reason]}. ${speakers.map(told).join(' ')}`,
    event: {
      id: eventId(streamOf(id), 0),
      kind: 'event',
      category: ['session'],
      type: ['info'],
      action: 'duplicate_identity',
      provider: SERVER_PROVIDER,
      reason,
      sequence: 0,
      created: time,
      ingested: time,
    },
    host: { id: identity.hostId, ...(name !== undefined && { name }) },
    ...(latest !== undefined && { source: { ip: latest, address: latest } }),
    ...(addresses.length > 0 && { related: { ip: [...new Set(addresses)] } }),
  }
}

function told({ sessionId, epoch, address, firstNs, lastNs }: Speaker): string {
  const run = epoch === undefined ? '' : `, start ${epoch}`
  const from = address === undefined ? 'from an address not noted' : `from ${address}`
  const when =
    firstNs === undefined || lastNs === undefined
      ? 'heard before the server started'
      : `heard from ${formatTime(firstNs)} to ${formatTime(lastNs)}`
  return `Session ${sessionId.slice(0, DIGITS_OF_SESSION)}${run}, ${from}, ${when}.`
}

/** An IPv4 address that came by an IPv6 socket is written as what it is. */
function plainAddress(address: string | undefined): string | undefined {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/, '')
  return plain !== undefined && isIP(plain) > 0 ? plain : undefined
}
