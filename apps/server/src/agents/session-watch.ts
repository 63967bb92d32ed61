import type { Clock, TimeNs } from '@pomona/schema'
import type { AgentContact } from '@pomona/store'

/** How it shows that two machines speak as one host. */
export type SuspicionReason = 'session_returned' | 'epoch_reused' | 'batch_conflict'

/** A run of an agent that speaks now. */
export interface SeenSession {
  /** What was known of the host before. */
  readonly known: AgentContact | undefined
  readonly sessionId: string
  readonly epoch: number
  readonly address?: string | undefined
}

/** A run of an agent, and where and when it was heard; what was before our start is unknown. */
export interface Speaker {
  readonly sessionId: string
  readonly epoch?: number | undefined
  readonly address?: string | undefined
  readonly firstNs?: TimeNs
  readonly lastNs?: TimeNs
}

/** Which run is taken for the present one, and whether that is odd. */
export interface SessionVerdict {
  readonly current: { readonly sessionId: string; readonly epoch: number }
  readonly suspicion?: SuspicionReason
  /** With a suspicion: who spoke before, and who speaks now. */
  readonly speakers?: readonly Speaker[]
}

interface PastSession {
  /** When another run took its place. */
  readonly leftNs: bigint
  stragglers: number
}

/** Runs of one host that are remembered. */
const PAST_MAX = 8
/** Of those, runs of which it is known where and when they were heard. */
const SPEAKERS_MAX = 3
/** A request of an ended run may arrive this much after the first of the next one. */
const STRAGGLE_NS = 10_000_000_000n
const STRAGGLERS_MAX = 2

/**
 * Sees two machines that speak as one host. Every start of an agent draws a session and raises the
 * epoch, so a run that ended never speaks again, and no epoch begins twice: where either happens,
 * the certificate and the spool were copied, or one of them was restored from a backup.
 */
export class SessionWatch {
  readonly #clock: Clock
  readonly #past = new Map<string, Map<string, PastSession>>()
  /** By host and session, the one that was heard last at the end. */
  readonly #speakers = new Map<string, Map<string, Speaker>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  see(key: string, seen: SeenSession): SessionVerdict {
    const { known, sessionId, epoch } = seen
    const current = { sessionId, epoch }
    this.#hear(key, seen)
    if (known?.sessionId === undefined || known.sessionId === sessionId) return { current }
    const past = this.#past.get(key) ?? new Map<string, PastSession>()
    const nowNs = this.#clock.monotonicNs()
    const earlier = past.get(sessionId)
    const present = { sessionId: known.sessionId, epoch: known.epoch ?? epoch }
    if (earlier !== undefined) {
      earlier.stragglers += 1
      const isLate = nowNs - earlier.leftNs > STRAGGLE_NS || earlier.stragglers > STRAGGLERS_MAX
      if (!isLate) return { current: present }
    }
    past.delete(sessionId)
    past.set(known.sessionId, { leftNs: nowNs, stragglers: 0 })
    const oldest = past.keys().next().value
    if (past.size > PAST_MAX && oldest !== undefined) past.delete(oldest)
    this.#past.set(key, past)
    const isReused = known.epoch !== undefined && epoch <= known.epoch
    if (earlier === undefined && !isReused) return { current }
    const heard = this.#speakers.get(key)
    return {
      current,
      suspicion: earlier === undefined ? 'epoch_reused' : 'session_returned',
      speakers: [heard?.get(present.sessionId) ?? present, heard?.get(sessionId) ?? current],
    }
  }

  /** The runs of a host that were heard last, the latest at the end. */
  speakers(key: string): readonly Speaker[] {
    return [...(this.#speakers.get(key)?.values() ?? [])]
  }

  /** Another installation of a host begins. */
  forget(key: string): void {
    this.#past.delete(key)
    this.#speakers.delete(key)
  }

  #hear(key: string, { sessionId, epoch, address }: SeenSession): void {
    const nowNs = this.#clock.nowNs()
    const heard = this.#speakers.get(key) ?? new Map<string, Speaker>()
    const firstNs = heard.get(sessionId)?.firstNs ?? nowNs
    heard.delete(sessionId)
    heard.set(sessionId, { sessionId, epoch, address, firstNs, lastNs: nowNs })
    const oldest = heard.keys().next().value
    if (heard.size > SPEAKERS_MAX && oldest !== undefined) heard.delete(oldest)
    this.#speakers.set(key, heard)
  }
}
