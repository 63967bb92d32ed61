import {
  type Clock,
  formatTime,
  type HostDeadLetters,
  type HostId,
  parseTime,
} from '@pomona/schema'
import type { LetterTally, Records } from '@pomona/store'
import type { Counter, MetricsRegistry } from '../metrics/registry.ts'

/** What the watch works with. */
export interface LetterWatchOptions {
  readonly records: Records
  readonly clock: Clock
  readonly metrics: MetricsRegistry
  /** Told of hosts of which there are more or fewer dead letters. Must not throw. */
  readonly onChange: (hostIds: readonly HostId[]) => void
}

const NS_PER_HOUR = 3_600_000_000_000n
/** Letters of a host are its problem for so long, unless somebody settles them before. */
const HOST_NS = 24n * NS_PER_HOUR
/** Letters that came so lately make the platform's health a problem. */
const GROWTH_NS = NS_PER_HOUR
const REASONS_SHOWN_MAX = 5
const REASON_NONE = 'other'

/**
 * Notices that dead letters come. A record that could not be used is kept, but as long as nobody
 * looks into the queue it is as good as lost: so it is a problem of the host it came from, of the
 * platform, and a metric to alert on.
 */
export class LetterWatch {
  readonly #options: LetterWatchOptions
  readonly #received: Counter
  /** By stage and reason, what the counter has been told. */
  readonly #counted = new Map<string, number>()
  #open: readonly { readonly labels: Record<string, string>; readonly value: number }[] = []
  #tallies: readonly LetterTally[] = []
  #hosts: ReadonlyMap<string, HostDeadLetters> = new Map()

  constructor(options: LetterWatchOptions) {
    this.#options = options
    this.#received = options.metrics.counter(
      'pomona_dead_letters_total',
      'Records that became dead letters since the records began, by stage and reason.',
    )
    options.metrics.gauge({
      name: 'pomona_dead_letters_open',
      description: 'Dead letters that nobody has settled, by stage and reason.',
      read: () => this.#open,
    })
  }

  /** Reads the queue's books. @throws StoreError. */
  async look(): Promise<void> {
    const { records, clock, onChange } = this.#options
    const since = formatTime(clock.nowNs() - HOST_NS)
    const [counts, tallies] = [await records.letters.counts(), await records.letters.tallies(since)]
    for (const { stage, reason, received } of counts) {
      const key = JSON.stringify([stage, reason])
      const more = received - (this.#counted.get(key) ?? 0)
      if (more > 0) this.#received.add(more, { stage, reason })
      this.#counted.set(key, received)
    }
    this.#open = counts.map(({ stage, reason, received, dropped, replayed, discarded }) => ({
      labels: { stage, reason },
      value: received - dropped - replayed - discarded,
    }))
    this.#tallies = tallies
    const before = this.#hosts
    this.#hosts = byHost(tallies)
    const ids = new Set([...before.keys(), ...this.#hosts.keys()])
    const isOther = (id: string): boolean => before.get(id)?.count !== this.#hosts.get(id)?.count
    const changed = [...ids].filter(isOther)
    // Ids of letters are those of hosts.
    if (changed.length > 0) onChange(changed as HostId[])
  }

  /** Letters of a host that came in the last day and wait; as of the last look. */
  of(hostId: string): HostDeadLetters | undefined {
    return this.#hosts.get(hostId)
  }

  /** What an operator has to know of: letters of the last hour that wait. */
  notices(): readonly string[] {
    const fromNs = this.#options.clock.nowNs() - GROWTH_NS
    const reasons = new Map<string, number>()
    for (const { reason, count, last } of this.#tallies) {
      if ((parseTime(last) ?? 0n) < fromNs) continue
      const isKnown = reasons.has(reason) || reasons.size < REASONS_SHOWN_MAX
      const name = isKnown ? reason : REASON_NONE
      reasons.set(name, (reasons.get(name) ?? 0) + count)
    }
    if (reasons.size === 0) return []
    const told = [...reasons].map(([reason, count]) => `${reason} ${count}`).join(', ')
    return [`Records become dead letters, the last ones within the hour: ${told}.`]
  }
}

function byHost(tallies: readonly LetterTally[]): ReadonlyMap<string, HostDeadLetters> {
  const hosts = new Map<string, HostDeadLetters>()
  for (const { host_id: id, count, last } of tallies) {
    if (id === undefined) continue
    const known = hosts.get(id)
    const isNewer = known === undefined || last > known.last
    hosts.set(id, { count: (known?.count ?? 0) + count, last: isNewer ? last : known.last })
  }
  return hosts
}
