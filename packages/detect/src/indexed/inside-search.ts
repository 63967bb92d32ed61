import { type AsciiBytes, Automaton, cellsOf } from './automaton.ts'
import type { Hits, Needle } from './hits.ts'
import { InsideIndex, TextCensus } from './inside-index.ts'

/** Finds which of its needles stand anywhere in a text. */
export interface InsideSearch {
  /** Adds the needles that stand in the text. */
  search(text: string, hits: Hits): void
  /** The same for a text of ASCII that is not folded, where the search can do that. */
  searchBytes?(text: AsciiBytes, hits: Hits): void
}

/** Cells of one automaton, four bytes each: beyond it, processors wait for memory. */
const CELLS_MAX = 4 * 1_048_576
/** Cells of all automata of one matcher. */
const CELLS_SUM_MAX = 16 * 1_048_576

/**
 * Makes searches: an automaton where its table is small enough, as it is for the rules of a
 * platform, and an index over grams, which takes a hundredth of the memory, beyond.
 *
 * @see docs/decisions/0011-automaton-then-grams.md for what was measured.
 */
export class InsideSearches {
  readonly #census: TextCensus
  #cellsLeft = CELLS_SUM_MAX

  /** @param texts All texts that will be looked for. */
  constructor(texts: readonly string[]) {
    this.#census = new TextCensus(texts)
  }

  /** Makes a search for some needles, which are folded. */
  searchFor(needles: readonly Needle[]): InsideSearch {
    const cells = cellsOf(needles)
    if (cells > Math.min(CELLS_MAX, this.#cellsLeft)) return new InsideIndex(needles, this.#census)
    this.#cellsLeft -= cells
    return new Automaton(needles)
  }
}
