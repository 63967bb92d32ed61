import type { Distance } from './closeness.ts'

/** Where an event stands in what was given: a line of a file, and of a list its place in it. */
export interface EventPlace {
  /** From 1. */
  readonly line: number
  /** From 1; only where the line is a list of events. */
  readonly item?: number
}

/** An event that a filter does not hold for, and what it would have taken. */
export interface NearMiss extends Distance {
  readonly place: EventPlace
}

/** The events nearest to a filter: fewest missed first, then most held, then the earlier. */
export class NearestEvents {
  readonly #max: number
  readonly #found: NearMiss[] = []

  /** @param max Events kept. */
  constructor(max: number) {
    this.#max = max
  }

  /** Takes one event that missed into account. */
  add(place: EventPlace, distance: Distance): void {
    const found = this.#found
    const last = found.at(-1)
    if (found.length >= this.#max && (last === undefined || compare(last, distance) <= 0)) return
    let index = found.length
    while (index > 0 && isAfter(found[index - 1], distance)) index -= 1
    found.splice(index, 0, { place, ...distance })
    if (found.length > this.#max) found.pop()
  }

  /** The nearest first. */
  get events(): readonly NearMiss[] {
    return this.#found
  }
}

function isAfter(one: NearMiss | undefined, other: Distance): boolean {
  return one !== undefined && compare(one, other) > 0
}

function compare(one: Distance, other: Distance): number {
  return one.missed - other.missed || other.held - one.held
}
