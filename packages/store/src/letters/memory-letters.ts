import type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterPage,
  DeadLetterQuery,
  FacetValue,
} from '@pomona/schema'
import { sampleOf } from '../records/dead-letter.ts'
import { compare, tally } from '../records/memory-queue.ts'
import {
  facetKey,
  keptSource,
  LETTER_FACETS,
  type LetterFacet,
  type LetterPlan,
  orderLetterFacet,
  planLetterQuery,
  queued,
} from './letter-query.ts'
import type { LetterOutcome, LetterRecords, LetterTally, StoredLetter } from './letters.ts'

/** How many letters are kept. */
export interface LetterLimits {
  readonly lettersMax: number
  /** Of one host. */
  readonly lettersPerHostMax: number
}

interface Kept {
  readonly letter: StoredLetter
  readonly position: number
}

type Tally = Partial<Record<'received' | 'dropped' | LetterOutcome, number>>

/** Dead letters in memory: the measure for the others. */
export class MemoryLetters implements LetterRecords {
  readonly #assertOpen: () => void
  readonly #limits: LetterLimits
  readonly #counts = new Map<string, DeadLetterCount>()
  readonly #settled = new Set<string>()
  #kept: Kept[] = []
  #next = 0

  constructor(assertOpen: () => void, limits: LetterLimits) {
    this.#assertOpen = assertOpen
    this.#limits = limits
  }

  async add(letters: readonly StoredLetter[]): Promise<void> {
    this.#assertOpen()
    for (const { source, ...letter } of letters) {
      const isKnown =
        this.#settled.has(letter.id) || this.#kept.some((k) => k.letter.id === letter.id)
      if (isKnown) continue
      const kept = keptSource(source)
      const stored = {
        ...letter,
        sample: sampleOf(letter.sample),
        ...(kept !== undefined && { source: kept }),
      }
      this.#kept.push({ letter: structuredClone(stored), position: this.#next++ })
      this.#count(letter, { received: 1 })
    }
    for (const host of new Set(letters.map(({ host_id: id }) => id))) {
      const theirs = this.#kept.filter(
        ({ letter }) => host !== undefined && letter.host_id === host,
      )
      this.#drop(theirs, this.#limits.lettersPerHostMax)
    }
    this.#drop(this.#kept, this.#limits.lettersMax)
  }

  #drop(among: readonly Kept[], max: number): void {
    const dropped = new Set(among.slice(0, Math.max(0, among.length - max)))
    for (const { letter } of dropped) this.#count(letter, { dropped: 1 })
    this.#kept = this.#kept.filter((kept) => !dropped.has(kept))
  }

  #count({ stage, reason }: DeadLetter, by: Tally): void {
    const key = JSON.stringify([stage, reason])
    const nothing = { received: 0, dropped: 0, replayed: 0, discarded: 0 }
    const known = this.#counts.get(key) ?? { stage, reason, ...nothing }
    this.#counts.set(key, {
      stage,
      reason,
      received: known.received + (by.received ?? 0),
      dropped: known.dropped + (by.dropped ?? 0),
      replayed: known.replayed + (by.replayed ?? 0),
      discarded: known.discarded + (by.discarded ?? 0),
    })
  }

  async newest(limit: number): Promise<readonly DeadLetter[]> {
    this.#assertOpen()
    return this.#kept
      .toReversed()
      .slice(0, limit)
      .map(({ letter }) => withoutSource(letter))
  }

  async page(query: DeadLetterQuery): Promise<DeadLetterPage> {
    this.#assertOpen()
    const plan = planLetterQuery(query)
    const fitting = this.#kept.filter(({ letter }) => fits(letter, plan)).toReversed()
    const { before = Infinity, limit } = plan
    const rest = fitting.filter(({ position }) => position < before)
    const items = rest.slice(0, limit)
    const last = items.at(-1)
    return {
      items: items.map(({ letter }) => queued(letter)),
      total: fitting.length,
      ...(rest.length > limit && last ? { next_cursor: String(last.position) } : {}),
      facets: {
        stage: this.#facet('stage', plan),
        reason: this.#facet('reason', plan),
        host: this.#facet('host', plan),
      },
      counts: [...(await this.counts())],
    }
  }

  #facet(name: LetterFacet, plan: LetterPlan): FacetValue[] {
    const fitting = this.#kept.filter(({ letter }) => fits(letter, plan, name))
    const counts = tally(fitting, ({ letter }) => [facetKey(letter, name)])
    const values = [...counts].filter(([value]) => value !== '')
    return orderLetterFacet(values.map(([value, count]) => ({ value, label: value, count })))
  }

  async get(ids: readonly string[]): Promise<readonly StoredLetter[]> {
    this.#assertOpen()
    return this.#kept.filter(({ letter }) => ids.includes(letter.id)).map(({ letter }) => letter)
  }

  async settle(ids: readonly string[], outcome: LetterOutcome): Promise<readonly string[]> {
    const letters = await this.get(ids)
    for (const letter of letters) {
      this.#count(letter, { [outcome]: 1 })
      this.#settled.add(letter.id)
    }
    this.#kept = this.#kept.filter(({ letter }) => !ids.includes(letter.id))
    return letters.map(({ id }) => id)
  }

  async tallies(since: string): Promise<readonly LetterTally[]> {
    this.#assertOpen()
    const recent = this.#kept.map(({ letter }) => letter).filter(({ time }) => time >= since)
    const groups = Map.groupBy(recent, ({ host_id: host = '', stage, reason }) =>
      JSON.stringify([host, stage, reason]),
    )
    const tallies = [...groups.values()].flatMap((letters): LetterTally[] => {
      const [first] = letters
      if (first === undefined) return []
      const { host_id: host, stage, reason } = first
      const last = letters.reduce((max, { time }) => (time > max ? time : max), first.time)
      const count = letters.length
      return [{ ...(host !== undefined && { host_id: host }), stage, reason, count, last }]
    })
    return tallies.toSorted(
      (a, b) =>
        compare(a.host_id ?? '', b.host_id ?? '') ||
        compare(a.stage, b.stage) ||
        compare(a.reason, b.reason),
    )
  }

  async counts(): Promise<readonly DeadLetterCount[]> {
    this.#assertOpen()
    return [...this.#counts.values()].toSorted(
      (a, b) => compare(a.stage, b.stage) || compare(a.reason, b.reason),
    )
  }
}

function withoutSource(stored: StoredLetter): DeadLetter {
  const { source: _, ...letter } = stored
  return letter
}

function fits(letter: DeadLetter, { lists, text }: LetterPlan, except?: LetterFacet): boolean {
  if (text !== undefined) {
    const searched = `${letter.detail}\n${letter.sample}`.toLowerCase()
    if (!searched.replaceAll('\0', ' ').includes(text)) return false
  }
  return LETTER_FACETS.every((name) => {
    const asked = lists[name]
    return asked === undefined || name === except || asked.includes(facetKey(letter, name))
  })
}
