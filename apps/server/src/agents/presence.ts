import {
  type AgentMark,
  type ApiProblemCode,
  type Clock,
  formatTime,
  type HostId,
  parseTime,
  type TenantId,
  TENANT_DEFAULT,
} from '@pomona/schema'
import type { AgentContact, Records } from '@pomona/store'
import type { Logger } from 'pino'
import { messageOf } from '../errors.ts'
import type { Counter, MetricsRegistry } from '../metrics/registry.ts'
import type { AgentIdentity } from '../pki/identity.ts'
import type { IdentityDoubt } from './identity-alarm.ts'
import { RefusalBook } from './refusal-book.ts'
import { SessionWatch, type Speaker, type SuspicionReason } from './session-watch.ts'

/** What the presence of agents works with. */
export interface PresenceOptions {
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  /** Told of hosts whose contact has changed, when that is stored. Must not throw. */
  readonly onChange?: (hostIds: readonly HostId[]) => void
  /** Told of each sign that two machines speak as one host. Must not throw. */
  readonly onDoubt?: (doubt: IdentityDoubt) => void
}

const REPEATED = 'batch_repeated'
const FLUSH_MS = 1_000
/** That a host was heard is stored once in so many flushes; everything else in the next one. */
const FLUSHES_PER_CONTACT = 30
const CONTACTS_PER_TRANSACTION = 200
const NS_PER_MS = 1_000_000n
const NOTICE_NS = 3_600_000_000_000n
const NOTICES_MAX = 10

/**
 * When each agent was last heard, by which certificate, how far its clock is off, what was refused
 * to it, and whether two machines speak as one host. Kept in memory and stored every few seconds:
 * a flood of refusals writes no more than one row a host.
 */
export class AgentPresence {
  readonly #options: PresenceOptions
  readonly #refused: Counter
  readonly #suspected: Counter
  readonly #contacts = new Map<string, AgentContact>()
  readonly #changed = new Set<string>()
  /** Hosts of which nothing is new but that they were heard. */
  readonly #heard = new Set<string>()
  #flushes = 0
  readonly #watch: SessionWatch
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  /** What was refused since the start, to whomever. */
  readonly refusals: RefusalBook

  constructor(options: PresenceOptions) {
    this.#options = options
    this.refusals = new RefusalBook(options.clock)
    this.#watch = new SessionWatch(options.clock)
    this.#refused = options.metrics.counter(
      'pomona_agent_refusals_total',
      'Requests of agents that were refused, or that repeated what is stored, by reason.',
    )
    this.#suspected = options.metrics.counter(
      'pomona_agent_identity_suspicions_total',
      'Signs that two machines speak as one host, by reason.',
    )
  }

  /** Reads what is stored, and begins to store what changes. */
  async open(): Promise<void> {
    for (const contact of await this.#options.records.agents.contacts(TENANT_DEFAULT)) {
      this.#contacts.set(keyOf(contact), contact)
    }
    this.#timer = setInterval(() => void this.#tick(), FLUSH_MS)
    this.#timer.unref()
  }

  /** Stores what is not stored yet and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  /** What is known of a host's agent now; newer than what is stored. */
  contactOf(tenantId: TenantId, hostId: HostId): AgentContact | undefined {
    return this.#contacts.get(keyOf({ tenantId, hostId }))
  }

  /** Notes a request that was taken. */
  contact(identity: AgentIdentity, { address }: { readonly address: string }): void {
    const lastContact = formatTime(this.#options.clock.nowNs())
    const certificateEnd = formatTime(BigInt(identity.notAfterMs) * NS_PER_MS)
    const { serial } = identity
    this.#hear(identity, { lastContact, address, serial, certificateEnd })
  }

  /** Notes which run of an agent speaks, and what its clock says. */
  mark(identity: AgentIdentity, mark: AgentMark): void {
    const known = this.contactOf(identity.tenantId, identity.hostId)
    const { current, suspicion, speakers } = this.#watch.see(keyOf(identity), {
      known,
      sessionId: mark.session_id,
      epoch: mark.epoch,
      address: identity.address,
    })
    const sentNs = parseTime(mark.sent_at)
    const skewNs = sentNs === undefined ? undefined : sentNs - this.#options.clock.nowNs()
    const parts = {
      ...current,
      ...(skewNs !== undefined && { clockSkewMs: Number(skewNs / NS_PER_MS) }),
    }
    const isSame = known?.sessionId === current.sessionId && known.epoch === current.epoch
    if (isSame) this.#hear(identity, parts)
    else this.#change(identity, parts)
    if (suspicion !== undefined) this.suspect(identity, suspicion, speakers)
  }

  /** A host enrolled: another installation may begin. */
  enrolled(
    identity: AgentIdentity,
    { hardwareUuid, time }: { readonly hardwareUuid: string; readonly time: string },
  ): void {
    const key = keyOf(identity)
    this.#watch.forget(key)
    const { sessionId: _, epoch: __, ...kept } = this.#known(identity)
    this.#contacts.set(key, { ...kept, hardwareUuid, enrolled: time })
    this.#changed.add(key)
  }

  /** Counts a refusal; also for the host where a certificate of ours says which. */
  refuse(
    code: ApiProblemCode | typeof REPEATED,
    identity?: AgentIdentity,
    address: string | undefined = identity?.address,
  ): void {
    this.#refused.add(1, { reason: code })
    this.refusals.note({ layer: 'request', reason: code, address, hostId: identity?.hostId })
    if (identity === undefined) return
    const { refusals } = this.#known(identity)
    const count = (refusals[code]?.count ?? 0) + 1
    const last = formatTime(this.#options.clock.nowNs())
    this.#change(identity, { refusals: { ...refusals, [code]: { count, last } } })
  }

  /**
   * Counts a batch that the log has already: an agent that did not hear the answer repeats it, and
   * so does who replays what he recorded. Nothing of it is taken.
   */
  repeat(identity: AgentIdentity): void {
    this.refuse(REPEATED, identity)
  }

  /** Flags a host as which two machines seem to speak. */
  suspect(
    identity: AgentIdentity,
    reason: SuspicionReason,
    speakers: readonly Speaker[] = this.#watch.speakers(keyOf(identity)).slice(-2),
  ): void {
    const { clock, logger, onDoubt } = this.#options
    const now = formatTime(clock.nowNs())
    const { suspicion } = this.#known(identity)
    const count = (suspicion?.count ?? 0) + 1
    this.#suspected.add(1, { reason })
    this.#change(identity, {
      suspicion: { reason, count, first: suspicion?.first ?? now, last: now },
    })
    logger.warn({ host: { id: identity.hostId }, reason, count }, 'Two agents speak as one host.')
    onDoubt?.({ identity, reason, speakers })
  }

  /** What an operator has to know of: suspicions of the last hour. */
  notices(): readonly string[] {
    const nowNs = this.#options.clock.nowNs()
    const recent = [...this.#contacts.values()].filter(({ suspicion }) => {
      const lastNs = suspicion === undefined ? undefined : parseTime(suspicion.last)
      return lastNs !== undefined && nowNs - lastNs < NOTICE_NS
    })
    const texts = recent
      .slice(0, NOTICES_MAX)
      .map(({ hostId }) => `Two machines seem to speak as the host ${hostId}.`)
    if (recent.length > NOTICES_MAX) texts.push(`So do ${recent.length - NOTICES_MAX} others.`)
    return texts
  }

  async #tick(): Promise<void> {
    this.#flushes += 1
    if (this.#flushes % FLUSHES_PER_CONTACT === 0) await this.flush()
    else await this.#flush()
  }

  /** Stores what has changed. Never throws: what could not be stored is tried again. */
  async flush(): Promise<void> {
    for (const key of this.#heard) this.#changed.add(key)
    await this.#flush()
  }

  async #flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#store())
    await this.#flushing
  }

  async #store(): Promise<void> {
    const { records, logger, onChange } = this.#options
    while (this.#changed.size > 0) {
      const keys = [...this.#changed].slice(0, CONTACTS_PER_TRANSACTION)
      const contacts = keys.flatMap((key) => this.#contacts.get(key) ?? [])
      for (const key of keys) {
        this.#changed.delete(key)
        this.#heard.delete(key)
      }
      try {
        await records.agents.saveContacts(contacts)
      } catch (error) {
        for (const key of keys) this.#changed.add(key)
        logger.warn({ error: { message: messageOf(error) } }, 'Contacts could not be stored.')
        return
      }
      onChange?.(contacts.map(({ hostId }) => hostId))
    }
  }

  #known({ tenantId, hostId }: AgentIdentity): AgentContact {
    return this.contactOf(tenantId, hostId) ?? { tenantId, hostId, refusals: {} }
  }

  #change(identity: AgentIdentity, parts: Partial<AgentContact>): void {
    this.#set(identity, parts)
    this.#changed.add(keyOf(identity))
  }

  #hear(identity: AgentIdentity, parts: Partial<AgentContact>): void {
    this.#set(identity, parts)
    this.#heard.add(keyOf(identity))
  }

  #set(identity: AgentIdentity, parts: Partial<AgentContact>): void {
    this.#contacts.set(keyOf(identity), { ...this.#known(identity), ...parts })
  }
}

function keyOf({ tenantId, hostId }: Pick<AgentContact, 'tenantId' | 'hostId'>): string {
  return JSON.stringify([tenantId, hostId])
}
