import type { EcsEvent } from '@pomona/schema'
import { bundlePath } from './origin.ts'

/** What an event says beside processes that may tie alerts. */
export interface EventFact {
  /** Where somebody came from. */
  readonly source?: string
  readonly destination?: string
  /** The application or program it is about, where that is not who acts in it. */
  readonly program?: string
}

// Events that name the program they are about in `file`.
const PROGRAM_NAMED: ReadonlySet<string> = new Set([
  'gatekeeper_user_override',
  'xp_malware_detected',
  'xp_malware_remediated',
])
/** Addresses of the machine itself. */
export const LOOPBACK = /^(?:127\.|0\.0\.0\.0$|\[?::1\]?$|localhost$)/

/** What an event says of this kind; `undefined` for nearly all. */
export function factOf(event: EcsEvent): EventFact | undefined {
  const action = event.event?.action
  const isNamed = action !== undefined && PROGRAM_NAMED.has(action)
  if (!isNamed && event.source === undefined && event.destination === undefined) return undefined
  const source = addressOf(event.source?.ip)
  const destination = addressOf(event.destination?.ip)
  const path: unknown = isNamed ? event.file?.path : undefined
  const program = typeof path === 'string' ? (bundlePath(path) ?? path) : undefined
  if (source === undefined && destination === undefined && program === undefined) return undefined
  return {
    ...(source !== undefined && { source }),
    ...(destination !== undefined && { destination }),
    ...(program !== undefined && { program }),
  }
}

function addressOf(ip: unknown): string | undefined {
  return typeof ip === 'string' && !LOOPBACK.test(ip) ? ip : undefined
}

/** Facts of one host's latest events that have any: an alert may come long after its events. */
export class EventFacts {
  readonly #factsMax: number
  readonly #byEvent = new Map<string, EventFact>()
  #evicted = 0

  constructor(factsMax: number) {
    this.#factsMax = factsMax
  }

  get counts(): { readonly held: number; readonly evicted: number } {
    return { held: this.#byEvent.size, evicted: this.#evicted }
  }

  entries(): Iterable<[string, EventFact]> {
    return this.#byEvent
  }

  /** The facts of an alert's events, as far as they are remembered. */
  of(eventIds: readonly string[]): readonly EventFact[] {
    return eventIds.flatMap((id) => this.#byEvent.get(id) ?? [])
  }

  add(eventId: string, fact: EventFact): void {
    this.restore(eventId, fact)
    if (this.#byEvent.size <= this.#factsMax) return
    const [oldest] = this.#byEvent.keys()
    if (oldest !== undefined) this.#byEvent.delete(oldest)
    this.#evicted += 1
  }

  /** Takes a fact from saved state. */
  restore(eventId: string, fact: EventFact): void {
    this.#byEvent.set(eventId, fact)
  }
}
