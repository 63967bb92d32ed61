/** Random values from a printed seed, so that a failing run can be run again. */
export interface SeededRandom {
  below(limit: number): number
  text(lengthMax: number): string
}

const ALPHABET = 'a E { } [ ] " , : \\ \n \u0000 é 漢 😀 _ - . 0'.split(' ')

/** @param name Part of the seed; `TEST_SEED` in the environment replaces the rest. */
export function seededRandom(name: string): SeededRandom {
  const seed = Number(process.env['TEST_SEED'] ?? 20_261_122)
  process.stdout.write(`# ${name} seed ${seed}\n`)
  let state = seed >>> 0
  // Mulberry32: 32 bits of state, enough for tests and the same everywhere.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => next() % limit
  return {
    below,
    text: (lengthMax) =>
      Array.from({ length: below(lengthMax + 1) }, () => ALPHABET[below(ALPHABET.length)]).join(''),
  }
}
