import { type AgentRefusal, type AgentRefusals, type Clock, formatTime } from '@pomona/schema'

/** One refusal at the agents' port. */
export interface NotedRefusal {
  /** Before there was a request, or the request itself. */
  readonly layer: AgentRefusal['layer']
  readonly reason: string
  readonly address?: string | undefined
  readonly hostId?: string | undefined
}

const REASONS_MAX = 100
const REASON_OTHER = 'other'

/**
 * What was refused at the agents' port since the server started, by reason, with who was the last.
 * A host's own refusals stand with the host as well; here are also those of whom no certificate of
 * ours says who they are, and of connections that never came to a request.
 */
export class RefusalBook {
  readonly #clock: Clock
  readonly #since: string
  readonly #entries = new Map<string, AgentRefusal>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = formatTime(clock.nowNs())
  }

  note({ layer, reason, address, hostId }: NotedRefusal): void {
    const isKnown = this.#entries.has(keyOf(layer, reason)) || this.#entries.size < REASONS_MAX
    const name = isKnown ? reason : REASON_OTHER
    const key = keyOf(layer, name)
    const now = formatTime(this.#clock.nowNs())
    const known = this.#entries.get(key)
    this.#entries.set(key, {
      ...{ layer, reason: name, count: (known?.count ?? 0) + 1 },
      ...{ first: known?.first ?? now, last: now },
      // An IPv4 address that came by an IPv6 socket is written as what it is.
      ...(address && { address: address.replace(/^::ffff:(?=\d+\.)/, '') }),
      ...(hostId !== undefined && { host_id: hostId }),
    })
  }

  /** All of them, the latest first. */
  view(): AgentRefusals {
    const items = [...this.#entries.values()]
    return { since: this.#since, items: items.toSorted((a, b) => (a.last < b.last ? 1 : -1)) }
  }
}

function keyOf(layer: string, reason: string): string {
  return `${layer} ${reason}`
}
