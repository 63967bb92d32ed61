import type { Clock } from '@pomona/schema'
import type { Timer } from '../timer.ts'

/** One thing that is known about the state of a Mac's security. */
export interface PostureFact {
  /** What it is about, such as `sip.enabled`. */
  readonly name: string
  readonly value: string | number | boolean
  /** Where it was read: a command or a file. */
  readonly source: string
}

/** What one look at one mechanism gave. */
export type PostureLook =
  | { readonly ok: true; readonly facts: readonly PostureFact[] }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** Looks at one mechanism. May fail; must end. */
export interface PostureProbe {
  readonly name: string
  look(): Promise<PostureLook>
}

/** All looks of one moment. */
export interface PostureSnapshot {
  readonly atNs: bigint
  readonly looks: Readonly<Record<string, PostureLook>>
  /** Facts that found no room. */
  readonly cut: number
}

/** How a {@link PostureCollector} works. */
export interface PostureOptions {
  readonly probes: readonly PostureProbe[]
  /** Between snapshots. Default one hour. */
  readonly intervalMs?: number
  /** A probe that takes longer has failed. Default 30,000. */
  readonly lookMsMax?: number
  /** Facts of one snapshot. Default 5,000. */
  readonly factsMax?: number
  readonly taken: (snapshot: PostureSnapshot) => void
}

const INTERVAL_MS = 3_600_000
const LOOK_MS_MAX = 30_000
const FACTS_MAX = 5_000

/**
 * Takes a snapshot of the state of the security mechanisms at start, by a timer and when asked. One
 * at a time: asked for while one is taken, it gives that one.
 */
export class PostureCollector {
  readonly #options: PostureOptions
  readonly #clock: Clock
  readonly #timer: Timer
  #current: Promise<PostureSnapshot> | undefined
  #cancel: (() => void) | undefined
  #wanted = false

  constructor(
    options: PostureOptions,
    { clock, timer }: { readonly clock: Clock; readonly timer: Timer },
  ) {
    this.#options = options
    this.#clock = clock
    this.#timer = timer
  }

  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    void this.#again()
  }

  stop(): void {
    this.#wanted = false
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Takes a snapshot now. Never rejects: what failed stands in it. */
  async snapshot(): Promise<PostureSnapshot> {
    this.#current ??= this.#take().finally(() => {
      this.#current = undefined
    })
    return this.#current
  }

  async #again(): Promise<void> {
    await this.snapshot()
    if (!this.#wanted) return
    const intervalMs = this.#options.intervalMs ?? INTERVAL_MS
    this.#cancel = this.#timer.after(intervalMs, () => void this.#again())
  }

  async #take(): Promise<PostureSnapshot> {
    const atNs = this.#clock.nowNs()
    const { probes, taken, factsMax = FACTS_MAX } = this.#options
    const looks: Record<string, PostureLook> = {}
    let room = factsMax
    let cut = 0
    const done = await Promise.all(probes.map(async (probe) => this.#look(probe)))
    for (const [index, look] of done.entries()) {
      const name = probes[index]?.name
      if (name === undefined) continue
      const kept = look.ok ? { ...look, facts: look.facts.slice(0, room) } : look
      looks[name] = kept
      if (!look.ok || !kept.ok) continue
      room -= kept.facts.length
      cut += look.facts.length - kept.facts.length
    }
    const snapshot = { atNs, looks, cut }
    taken(snapshot)
    return snapshot
  }

  async #look(probe: PostureProbe): Promise<PostureLook> {
    const { lookMsMax = LOOK_MS_MAX } = this.#options
    let cancel: (() => void) | undefined
    const late = new Promise<PostureLook>((resolve) => {
      const message = `${probe.name} took longer than ${lookMsMax} ms.`
      cancel = this.#timer.after(lookMsMax, () => {
        resolve({ ok: false, code: 'too_slow', message })
      })
    })
    try {
      return await Promise.race([probe.look(), late])
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { ok: false, code: 'probe_failed', message: message.slice(0, 1_024) }
    } finally {
      cancel?.()
    }
  }
}
