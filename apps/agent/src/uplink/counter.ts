const OTHER = 'other'

/** Counts by name. Names that others choose are bounded: what is beyond counts as `other`. */
export class Counter {
  readonly #counts = new Map<string, number>()
  readonly #namesMax: number

  constructor(namesMax: number) {
    this.#namesMax = namesMax
  }

  add(name: string, count = 1): void {
    const known = this.#counts.has(name) || this.#counts.size < this.#namesMax
    const key = known ? name : OTHER
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
  }

  record(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}
