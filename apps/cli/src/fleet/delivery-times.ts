const BUCKETS = 400
const RATIO = 1.05

/**
 * How long deliveries took: from when an event was sensed to when the server said that it is on
 * stable storage. Buckets grow by a twentieth each, so a figure is right to five percent.
 */
export class DeliveryTimes {
  readonly #buckets = new Uint32Array(BUCKETS)
  #count = 0
  #longestMs = 0

  /** @param ms Milliseconds from 0. */
  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(1, ms)) / Math.log(RATIO))
    const index = Math.min(BUCKETS - 1, bucket)
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1
    this.#count += 1
    this.#longestMs = Math.max(this.#longestMs, ms)
  }

  /** @returns Milliseconds that this share of deliveries did not exceed; nothing without any. */
  quantileMs(share: number): number | undefined {
    if (this.#count === 0) return undefined
    let left = Math.ceil(this.#count * share)
    for (const [index, count] of this.#buckets.entries()) {
      left -= count
      if (left <= 0) return Math.min(this.#longestMs, Math.round(RATIO ** index))
    }
    return this.#longestMs
  }
}
