/**
 * Seeded pseudo-random numbers (xoshiro128**, state filled by splitmix32): the same seed gives the
 * same stream of a simulated Mac on every machine. Not for secrets.
 *
 * @see Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018.
 */
export class Prng {
  readonly #state = new Uint32Array(4)

  constructor(seed: string) {
    let mixed = hash32(seed)
    for (let index = 0; index < 4; index++) {
      mixed = (mixed + 0x9e3779b9) >>> 0
      let word = mixed
      word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
      word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
      this.#state[index] = (word ^ (word >>> 16)) >>> 0
    }
  }

  /** The next whole number in 0 … 2^32 - 1. */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const c1 = c ^ a
    const d1 = d ^ b
    this.#state[0] = a ^ d1
    this.#state[1] = b ^ c1
    this.#state[2] = c1 ^ (b << 9)
    this.#state[3] = rotate(d1, 11)
    return result
  }

  /** A whole number between the two bounds, both included. */
  between(bounds: { readonly min: number; readonly max: number }): number {
    return bounds.min + Math.floor((this.next() / 0x1_0000_0000) * (bounds.max - bounds.min + 1))
  }

  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item {
    // Sound: the index is below the length, and callers pass non-empty lists.
    return items[Math.floor((this.next() / 0x1_0000_0000) * items.length)] as Item
  }

  /** True with the given probability (0 … 1). */
  chance(probability: number): boolean {
    return this.next() / 0x1_0000_0000 < probability
  }

  /** Lower-case hex digits. */
  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.next().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** FNV-1a over UTF-16 units: 32 bits that stay the same for the same text. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
