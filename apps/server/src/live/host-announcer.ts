import type { HostId, HostRecord } from '@pomona/schema'
import type { Logger } from 'pino'
import { messageOf } from '../errors.ts'
import type { LiveHub } from './hub.ts'

/** What is announced, where and how often. */
export interface HostAnnouncerOptions {
  /** A host as people see it. */
  readonly hostOf: (hostId: HostId) => Promise<HostRecord | undefined>
  readonly hub: LiveHub
  readonly logger: Logger
  readonly periodMs?: number
  /** Hosts announced each period; the others wait for the next one. */
  readonly hostsMax?: number
}

/** Tells open consoles that hosts have sent something, each host at most once a period. */
export class HostAnnouncer {
  readonly #options: Required<HostAnnouncerOptions>
  readonly #seen = new Set<HostId>()
  readonly #timer: NodeJS.Timeout

  constructor(options: HostAnnouncerOptions) {
    this.#options = { periodMs: 2_000, hostsMax: 100, ...options }
    this.#timer = setInterval(() => void this.#announce(), this.#options.periodMs)
    this.#timer.unref()
  }

  note(hostId: HostId): void {
    this.#seen.add(hostId)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #announce(): Promise<void> {
    const { hostOf, hub, logger, hostsMax } = this.#options
    if (hub.subscribers === 0) {
      this.#seen.clear()
      return
    }
    const ids = [...this.#seen].slice(0, hostsMax)
    for (const id of ids) this.#seen.delete(id)
    try {
      for (const id of ids) {
        const host = await hostOf(id)
        if (host !== undefined) hub.publish({ kind: 'host', host })
      }
    } catch (error) {
      logger.warn({ error: { message: messageOf(error) } }, 'Hosts could not be announced.')
    }
  }
}
