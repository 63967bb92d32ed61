/** Numbers of needles found, each once. */
export class Hits {
  readonly ids: Int32Array
  count = 0
  readonly #stamps: Int32Array
  #stamp = 1

  /** @param size Needles have numbers from 0 up to, not including, this. */
  constructor(size: number) {
    this.ids = new Int32Array(size)
    this.#stamps = new Int32Array(size)
  }

  /** Forgets all. */
  clear(): void {
    this.count = 0
    this.#stamp = (this.#stamp + 1) | 0
    if (this.#stamp === 0) this.#stamps.fill(-1)
  }

  /** Adds a needle, unless it is there already. */
  add(id: number): void {
    if (this.#stamps[id] === this.#stamp) return
    this.#stamps[id] = this.#stamp
    this.ids[this.count] = id
    this.count += 1
  }
}

/** A text to look for, and the number it is reported by. */
export interface Needle {
  readonly text: string
  readonly id: number
}
