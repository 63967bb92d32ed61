import type { Clock } from '@pomona/schema'
import type { AgentContact } from '@pomona/store'

/** How it shows that two machines speak as one host. */
export type SuspicionReason = 'session_returned' | 'epoch_reused' | 'batch_conflict'

/** A run of an agent that speaks now. */
export interface SeenSession {
  /** What was known of the host before. */
  readonly known: AgentContact | undefined
  readonly sessionId: string
  readonly epoch: number
}

/** Which run is taken for the present one, and whether that is odd. */
export interface SessionVerdict {
  readonly current: { readonly sessionId: string; readonly epoch: number }
  readonly suspicion?: SuspicionReason
}

interface PastSession {
  /** When another run took its place. */
  readonly leftNs: bigint
  stragglers: number
}

/** Runs of one host that are remembered. */
const PAST_MAX = 8
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

  constructor(clock: Clock) {
    this.#clock = clock
  }

  see(key: string, { known, sessionId, epoch }: SeenSession): SessionVerdict {
    const current = { sessionId, epoch }
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
    if (earlier !== undefined) return { current, suspicion: 'session_returned' }
    const isReused = known.epoch !== undefined && epoch <= known.epoch
    return isReused ? { current, suspicion: 'epoch_reused' } : { current }
  }

  /** Another installation of a host begins. */
  forget(key: string): void {
    this.#past.delete(key)
  }
}
