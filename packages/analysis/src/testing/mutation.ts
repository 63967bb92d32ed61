/** A source of numbers from 0 to 1 that repeats itself for the same seed (mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Values at which sizes and offsets go wrong. */
const EDGES = [0, 1, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/**
 * Damages a copy of bytes in one to eight places: bits, bytes, numbers of 32 bits, parts copied
 * over others, the end cut off.
 */
export function mutated(bytes: Uint8Array, next: () => number): Uint8Array {
  let copy = Uint8Array.from(bytes)
  const index = (length: number) => Math.floor(next() * length)
  const places = 1 + index(8)
  for (let place = 0; place < places && copy.length > 8; place++) {
    const at = index(copy.length - 4)
    const view = new DataView(copy.buffer)
    const kind = index(6)
    if (kind === 0) copy[at] = (copy[at] ?? 0) ^ (1 << index(8))
    else if (kind === 1) copy[at] = index(256)
    else if (kind === 2) view.setUint32(at, EDGES[index(EDGES.length)] ?? 0, next() < 0.5)
    else if (kind === 3) view.setUint32(at & ~3, index(copy.length), next() < 0.5)
    else if (kind === 4) copy.copyWithin(at, index(copy.length), index(copy.length))
    else if (next() < 0.2) copy = copy.slice(0, at)
  }
  return copy
}
