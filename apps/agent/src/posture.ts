import { type Clock, formatTime, POSTURE_FACTS_MAX, type PostureReport } from '@pomona/schema'
import {
  macProbes,
  PostureCollector,
  type PostureLook,
  type PostureProbe,
  type PostureSnapshot,
  type RunTools,
} from '@pomona/sensor'

/** Who runs commands, and by whose time. */
export interface PostureTools extends RunTools {
  readonly clock: Clock
}

const CODE_LENGTH_MAX = 128
const TEXT_LENGTH_MAX = 1_024
const SOURCE_LENGTH_MAX = 512

/** The state of the Mac's security mechanisms: taken by timer and when asked, told with reports. */
export class Posture {
  readonly #collector: PostureCollector
  #latest: PostureReport | undefined

  /** @param changed Told when a snapshot differs from the one before, time aside. */
  constructor(
    tools: PostureTools,
    options: { readonly changed: () => void; readonly probes?: readonly PostureProbe[] },
  ) {
    this.#collector = new PostureCollector(
      {
        probes: options.probes ?? macProbes(tools),
        taken: (snapshot) => {
          const before = JSON.stringify(this.#latest?.looks)
          this.#latest = reportOf(snapshot)
          if (JSON.stringify(this.#latest.looks) !== before) options.changed()
        },
      },
      tools,
    )
  }

  /** The newest snapshot, once there is one. */
  get latest(): PostureReport | undefined {
    return this.#latest
  }

  start(): void {
    this.#collector.start()
  }

  stop(): void {
    this.#collector.stop()
  }

  /** Takes a snapshot now. */
  async snapshot(): Promise<PostureReport> {
    return reportOf(await this.#collector.snapshot())
  }
}

function reportOf({ atNs, looks, cut }: PostureSnapshot): PostureReport {
  const told = Object.entries(looks).map(([name, look]) => [name, lookOf(look)] as const)
  const more = Object.values(looks).map((look) =>
    look.ok ? Math.max(0, look.facts.length - POSTURE_FACTS_MAX) : 0,
  )
  return {
    taken: formatTime(atNs),
    looks: Object.fromEntries(told),
    cut: more.reduce((sum, count) => sum + count, cut),
  }
}

function lookOf(look: PostureLook): PostureReport['looks'][string] {
  if (!look.ok) {
    const { code, message } = look
    return {
      ok: false,
      code: code.slice(0, CODE_LENGTH_MAX),
      message: message.slice(0, TEXT_LENGTH_MAX),
    }
  }
  const facts = look.facts.slice(0, POSTURE_FACTS_MAX).map(({ name, value, source }) => ({
    name: name.slice(0, CODE_LENGTH_MAX),
    value: typeof value === 'string' ? value.slice(0, TEXT_LENGTH_MAX) : value,
    source: source.slice(0, SOURCE_LENGTH_MAX),
  }))
  return { ok: true, facts }
}
