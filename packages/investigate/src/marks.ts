import type { Alert, JoinKind } from '@pomona/schema'
import { type EventFact, LOOPBACK } from './event-facts.ts'
import type { OpenIncident } from './open-incident.ts'

/** Something that alerts may have in common beside processes. */
export interface Mark {
  readonly kind: Extract<JoinKind, 'address' | 'domain_and_session' | 'file_named'>
  readonly value: string
}

/** Where a mark was last seen. */
export interface MarkPlace {
  readonly incident: OpenIncident
  readonly atMs: number
  /** Image id of the shell it was typed into. */
  readonly session: string | undefined
}

const URL_HOST = /\b(?:https?|ftp|wss?):\/\/(?:[^\s/@'"]*@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)/g
const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}$|^\[[0-9a-fA-F:.]+\]$/
// Not routed on the internet; half of all networks use the same ones.
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[?(?:fe[89ab][0-9a-f]|f[cd][0-9a-f]{2}):)/i
const HOSTS_MAX = 4
const CHARACTERS_READ_MAX = 4_096

/** Addresses and domains that an alert speaks of, and the programs its events name. */
export function marksOf(alert: Alert, facts: readonly EventFact[]): readonly Mark[] {
  const marks: Mark[] = []
  for (const { source, destination, program } of facts) {
    if (source !== undefined) marks.push({ kind: 'address', value: source })
    if (destination !== undefined) marks.push({ kind: 'address', value: destination })
    if (program !== undefined) marks.push({ kind: 'file_named', value: program })
  }
  for (const { field, value } of alert.matches) {
    const isAddress = field === 'source.ip' || field === 'destination.ip'
    if (isAddress && !LOOPBACK.test(value)) marks.push({ kind: 'address', value })
  }
  marks.push(...hostsIn(alert.processes[0]?.command_line))
  return marks
}

function hostsIn(commandLine: string | undefined): readonly Mark[] {
  if (commandLine === undefined) return []
  const marks: Mark[] = []
  for (const [, host = ''] of commandLine.slice(0, CHARACTERS_READ_MAX).matchAll(URL_HOST)) {
    if (marks.length >= HOSTS_MAX) break
    if (LOOPBACK.test(host)) continue
    if (!ADDRESS.test(host)) marks.push({ kind: 'domain_and_session', value: host.toLowerCase() })
    else if (!PRIVATE.test(host)) marks.push({ kind: 'address', value: host.replace(/[[\]]/g, '') })
  }
  return marks
}

/** The marks of one host, the one seen last at the end. */
export class Marks {
  readonly #marksMax: number
  readonly #places = new Map<string, MarkPlace>()
  #evicted = 0

  constructor(marksMax: number) {
    this.#marksMax = marksMax
  }

  get counts(): { readonly held: number; readonly evicted: number } {
    return { held: this.#places.size, evicted: this.#evicted }
  }

  entries(): Iterable<[string, MarkPlace]> {
    return this.#places
  }

  find({ kind, value }: Mark): MarkPlace | undefined {
    return this.#places.get(`${kind} ${value}`)
  }

  set({ kind, value }: Mark, place: MarkPlace): void {
    this.restore(`${kind} ${value}`, place)
    if (this.#places.size <= this.#marksMax) return
    const [oldest] = this.#places.keys()
    if (oldest !== undefined) this.#places.delete(oldest)
    this.#evicted += 1
  }

  /** Takes a mark from saved state. */
  restore(key: string, place: MarkPlace): void {
    this.#places.delete(key)
    this.#places.set(key, place)
  }

  /** Moves the marks of an incident to the one it became part of, or forgets them. */
  move(from: OpenIncident, into: OpenIncident | undefined): void {
    for (const [key, place] of this.#places) {
      if (place.incident !== from) continue
      if (into === undefined) this.#places.delete(key)
      else this.#places.set(key, { ...place, incident: into })
    }
  }
}
