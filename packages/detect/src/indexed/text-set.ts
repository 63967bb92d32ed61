import { AnchoredIndex } from './anchored-index.ts'
import { Hits } from './hits.ts'
import { InsideIndex } from './inside-index.ts'
import type { PlacedText } from './leaf.ts'

/** So few texts are found sooner one by one. */
const ONE_BY_ONE_MAX = 6

const hit = new Hits(1)

/** Tells whether any of many texts is where it has to be. Made ready when it is first asked. */
export class TextSet {
  readonly #texts: readonly PlacedText[]
  readonly #whole: ReadonlySet<string>
  #anchored: readonly AnchoredIndex[] | undefined
  #inside: InsideIndex | undefined
  readonly #insideTexts: readonly string[]

  constructor(texts: readonly PlacedText[]) {
    this.#texts = texts
    this.#whole = new Set(textsAt(texts, 'whole'))
    this.#insideTexts = textsAt(texts, 'inside')
  }

  /** @param folded The text to search, folded. */
  holds(folded: string): boolean {
    if (this.#whole.size > 0 && this.#whole.has(folded)) return true
    this.#anchored ??= anchoredOf(this.#texts)
    hit.clear()
    for (const index of this.#anchored) {
      index.search(folded, hit)
      if (hit.count > 0) return true
    }
    if (this.#insideTexts.length <= ONE_BY_ONE_MAX) {
      for (const text of this.#insideTexts) if (folded.includes(text)) return true
      return false
    }
    this.#inside ??= new InsideIndex(this.#insideTexts.map((text) => ({ text, id: 0 })))
    this.#inside.search(folded, hit)
    return hit.count > 0
  }
}

function textsAt(texts: readonly PlacedText[], wanted: PlacedText['place']): readonly string[] {
  return texts.flatMap(({ place, text }) => (place === wanted ? [text] : []))
}

function anchoredOf(texts: readonly PlacedText[]): readonly AnchoredIndex[] {
  return (['prefix', 'suffix'] as const).flatMap((place) => {
    const needles = textsAt(texts, place).map((text) => ({ text, id: 0 }))
    return needles.length === 0 ? [] : [new AnchoredIndex(place, needles)]
  })
}
