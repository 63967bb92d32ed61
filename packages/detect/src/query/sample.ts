/** Events that share a key, in any order: which of them fill which place. */
interface Group {
  readonly parts: readonly unknown[]
  /** Events by place, in the order they came. */
  readonly candidates: (number[] | undefined)[]
}

/**
 * Collects the events of a sample: for each key that every place has an event for, one event a
 * place, all different.
 *
 * @see Elasticsearch, EQL syntax reference, "Samples".
 */
export class Sampler {
  readonly #places: number
  readonly #groups = new Map<string, Group>()

  constructor(places: number) {
    this.#places = places
  }

  /** Takes an event that fits a place. */
  offer(event: number, place: number, parts: readonly unknown[]): void {
    const key = JSON.stringify(parts)
    const group = this.#groups.get(key) ?? { parts, candidates: [] }
    this.#groups.set(key, group)
    const candidates = (group.candidates[place] ??= [])
    // With as many as there are places, one is always free.
    if (candidates.length < this.#places) candidates.push(event)
  }

  /** The samples, in order of their keys as `compare` says. */
  samples(compare: (left: unknown, right: unknown) => number): readonly (readonly number[])[] {
    return [...this.#groups.values()]
      .toSorted((a, b) => {
        for (const [index, part] of a.parts.entries()) {
          const order = compare(part, b.parts[index])
          if (order !== 0) return order
        }
        return 0
      })
      .flatMap(({ candidates }) => {
        const chosen = this.#choose(candidates)
        return chosen === undefined ? [] : [chosen]
      })
  }

  /** One event a place, none twice, earlier ones first: a matching in a bipartite graph (Kuhn). */
  #choose(candidates: Group['candidates']): readonly number[] | undefined {
    const placeOf = new Map<number, number>()
    const assign = (place: number, tried: Set<number>): boolean => {
      const own = candidates[place] ?? []
      const free = own.find((event) => !placeOf.has(event))
      if (free !== undefined) {
        placeOf.set(free, place)
        return true
      }
      for (const event of own) {
        const other = placeOf.get(event)
        if (other === undefined || tried.has(event)) continue
        tried.add(event)
        if (!assign(other, tried)) continue
        placeOf.set(event, place)
        return true
      }
      return false
    }
    for (let place = 0; place < this.#places; place += 1) {
      if (!assign(place, new Set())) return undefined
    }
    const chosen: number[] = []
    for (const [event, place] of placeOf) chosen[place] = event
    return chosen
  }
}

/**
 * Collects the events of endgame's `join`: of each key the first event of each place, told when all
 * are there and forgotten then.
 */
export class Joiner {
  readonly #places: number
  readonly #open = new Map<string, (number | undefined)[]>()

  constructor(places: number) {
    this.#places = places
  }

  /** Takes an event that fits a place; gives the join it completes. */
  offer(event: number, place: number, parts: readonly unknown[]): readonly number[] | undefined {
    const key = JSON.stringify(parts)
    const events = this.#open.get(key) ?? []
    this.#open.set(key, events)
    events[place] ??= event
    const found = events.filter((one) => one !== undefined)
    if (found.length < this.#places) return undefined
    this.#open.delete(key)
    return found
  }

  /** Forgets what is open of a key. */
  end(parts: readonly unknown[]): void {
    this.#open.delete(JSON.stringify(parts))
  }
}
