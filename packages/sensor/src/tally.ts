/** Counts by name, with a bound on the number of names: beyond it they are counted as `other`. */
export class Tally {
  readonly #namesMax: number
  readonly #counts = new Map<string, number>()

  constructor(namesMax = NAMES_MAX) {
    this.#namesMax = namesMax
  }

  add(name: string, count = 1): void {
    const short = name.length > NAME_CHARACTERS_MAX ? name.slice(0, NAME_CHARACTERS_MAX) : name
    const isKnown = this.#counts.has(short) || this.#counts.size < this.#namesMax
    const key = isKnown ? short : 'other'
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
  }

  addAll(counts: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(counts)) this.add(name, count)
  }

  get total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }

  read(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  /** Reads the counts and begins again at nothing. */
  take(): Readonly<Record<string, number>> {
    const counts = this.read()
    this.#counts.clear()
    return counts
  }
}

const NAMES_MAX = 200
const NAME_CHARACTERS_MAX = 64
