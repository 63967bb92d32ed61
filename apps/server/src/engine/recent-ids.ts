/** Ids that were seen lately; beyond the limit the oldest is forgotten. */
export class RecentIds {
  readonly #idsMax: number
  readonly #ids = new Set<string>()

  constructor(idsMax: number) {
    this.#idsMax = idsMax
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** @returns Whether it was not among them. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false
    this.#ids.add(id)
    const [oldest] = this.#ids
    if (this.#ids.size > this.#idsMax && oldest !== undefined) this.#ids.delete(oldest)
    return true
  }

  /** All of them, the oldest first, as plain data. */
  state(): readonly string[] {
    return [...this.#ids]
  }

  /** Takes up what {@link state} gave; of anything else, nothing. */
  restore(state: unknown): void {
    if (!Array.isArray(state)) return
    for (const id of state) if (typeof id === 'string') this.add(id)
  }
}
