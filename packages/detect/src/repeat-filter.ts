import { deriveId } from '@pomona/schema'

/** Bounds of a {@link RepeatFilter}. */
export interface RepeatLimits {
  /** Event time in which a finding is told once; one exactly this old is told again. */
  readonly spanMs: number
  /** How far out of order findings may come: so much longer than the span they are remembered. */
  readonly latenessMs: number
  /** Findings remembered; beyond it the oldest of the host that was quiet longest goes. */
  readonly entriesMax: number
}

/** What a rule found: on which file, by which process image. */
export interface Finding {
  readonly ruleId: string
  readonly entityId: string
  readonly path: string
}

/** A {@link RepeatFilter}'s memory as plain data: `[host, [[finding, milliseconds], …]]`. */
export type RepeatState = readonly (readonly [
  host: string,
  findings: readonly (readonly [key: string, toldMs: number])[],
])[]

/**
 * Tells the first finding of a rule from its repeats: one write of a file is several events
 * (`create`, then `close`), and a program writes the same file again and again.
 *
 * The span begins with the finding that was told and is not prolonged by repeats, so that what goes
 * on is told again. What is remembered of a host leaves as that host's own events pass it: clocks
 * of other hosts have no say, and when a checkpoint is made changes nothing.
 */
export class RepeatFilter {
  readonly #limits: RepeatLimits
  /** Of each host its findings, oldest first; the host heard of last at the end. */
  readonly #hosts = new Map<string, Map<string, number>>()
  #entries = 0
  #forgotten = 0

  constructor(limits: RepeatLimits) {
    this.#limits = limits
  }

  /** Findings that had to be forgotten before their span was over. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Goes on to an event's time on its host. Free for hosts of which nothing is remembered. */
  advance(host: string, timeMs: number): void {
    const findings = this.#hosts.get(host)
    if (findings === undefined || Number.isNaN(timeMs)) return
    const { spanMs, latenessMs } = this.#limits
    for (const [key, toldMs] of findings) {
      if (Math.abs(timeMs - toldMs) < spanMs + latenessMs) break
      findings.delete(key)
      this.#entries -= 1
    }
    if (findings.size === 0) this.#hosts.delete(host)
  }

  /**
   * Whether a finding was told less than a span ago; when not, it is remembered as told now.
   *
   * @param timeMs Event time; NaN makes no repeat.
   */
  isRepeat(finding: Finding, { host, timeMs }: { host: string; timeMs: number }): boolean {
    if (Number.isNaN(timeMs)) return false
    const { ruleId, entityId, path } = finding
    const key = deriveId('finding', [ruleId, entityId, path])
    const toldMs = this.#hosts.get(host)?.get(key)
    // A clock that was set back must not silence a rule until it has caught up.
    if (toldMs !== undefined && Math.abs(timeMs - toldMs) < this.#limits.spanMs) return true
    this.#remember(host, { key, timeMs })
    return false
  }

  #remember(host: string, { key, timeMs }: { key: string; timeMs: number }): void {
    const findings = this.#hosts.get(host) ?? new Map<string, number>()
    this.#hosts.delete(host)
    this.#hosts.set(host, findings)
    if (!findings.delete(key)) this.#entries += 1
    findings.set(key, timeMs)
    while (this.#entries > this.#limits.entriesMax) this.#forgetOldest()
  }

  #forgetOldest(): void {
    const [[host, findings] = []] = this.#hosts
    const [key] = findings?.keys() ?? []
    if (host === undefined || findings === undefined || key === undefined) return
    findings.delete(key)
    if (findings.size === 0) this.#hosts.delete(host)
    this.#entries -= 1
    this.#forgotten += 1
  }

  /** The memory as plain data. */
  state(): RepeatState {
    return [...this.#hosts].map(([host, findings]) => [host, [...findings]])
  }

  /** Takes up a memory; what is more than it may hold is forgotten, the oldest first. */
  restore(state: RepeatState, forgotten: number): void {
    this.#hosts.clear()
    this.#entries = 0
    this.#forgotten = forgotten
    for (const [host, findings] of state) {
      for (const [key, timeMs] of findings) this.#remember(host, { key, timeMs })
    }
  }
}
