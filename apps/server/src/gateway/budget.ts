/**
 * Bytes of deliveries in memory at once. What does not fit is refused at the door, never queued.
 */
export class ByteBudget {
  readonly bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** A holder of part of the budget; give it back with `release`. */
  open(): ByteReservation {
    return new ByteReservation(this)
  }

  /** @returns Whether the bytes fitted; nothing is taken when they did not. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.bytesMax) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}

/** What one delivery holds of a {@link ByteBudget}; releasing twice is harmless. */
export class ByteReservation {
  readonly #budget: ByteBudget
  #bytes = 0

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  take(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false
    this.#bytes += bytes
    return true
  }

  release(): void {
    this.#budget.give(this.#bytes)
    this.#bytes = 0
  }
}
