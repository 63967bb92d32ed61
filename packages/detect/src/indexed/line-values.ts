import type { FlatLine } from './flat-line.ts'
import type { ValueFacts } from './value-facts.ts'

/** Values kept, a power of two, and the bytes that each may have: together one mebibyte. */
const VALUES = 8_192
const BYTES_MAX = 128

/**
 * Facts of values by the bytes they were read from, so that a value that comes again need not even
 * become a text. Each value has one place; a newer one takes it.
 */
export class LineValues {
  readonly #facts: (ValueFacts | undefined)[] = Array.from({ length: VALUES }, () => undefined)
  readonly #slots = new Int32Array(VALUES)
  readonly #hashes = new Int32Array(VALUES)
  readonly #lengths = new Int32Array(VALUES)
  readonly #bytes = new Uint8Array(VALUES * BYTES_MAX)

  /** The facts of a field's value, when it was seen before for this slot. */
  // oxlint-disable-next-line max-params -- called for every value of every line
  find(line: FlatLine, field: number, slot: number): ValueFacts | undefined {
    const hash = line.hashes[field] ?? 0
    const place = placeOf(hash, slot)
    if (this.#hashes[place] !== hash || this.#slots[place] !== slot) return undefined
    const start = line.starts[field] ?? 0
    const length = (line.ends[field] ?? 0) - start
    if (this.#lengths[place] !== length) return undefined
    const { bytes } = line
    const kept = place * BYTES_MAX
    for (let at = 0; at < length; at += 1) {
      if (bytes[start + at] !== this.#bytes[kept + at]) return undefined
    }
    return this.#facts[place]
  }

  /** Keeps the facts of a field's value; those of long ones are not kept. */
  keep(line: FlatLine, { field, slot, facts }: LineValue): void {
    const start = line.starts[field] ?? 0
    const end = line.ends[field] ?? 0
    if (end - start > BYTES_MAX) return
    const hash = line.hashes[field] ?? 0
    const place = placeOf(hash, slot)
    this.#facts[place] = facts
    this.#slots[place] = slot
    this.#hashes[place] = hash
    this.#lengths[place] = end - start
    this.#bytes.set(line.bytes.subarray(start, end), place * BYTES_MAX)
  }
}

interface LineValue {
  readonly field: number
  readonly slot: number
  readonly facts: ValueFacts
}

// The lower bits of a hash of this kind are its better ones.
// oxlint-disable-next-line max-params -- what a place depends on
function placeOf(hash: number, slot: number): number {
  return (hash ^ (hash >>> 15) ^ Math.imul(slot, 0x9e37)) & (VALUES - 1)
}
