const TEXTS_MAX = 4_096
const TEXT_LENGTH_MAX = 512

/**
 * Texts that were looked through and held no secret: most variables and many arguments come again
 * with every program that starts. Others are not remembered; secrets must not stay in memory.
 */
export class HarmlessTexts {
  readonly #texts = new Set<string>()

  has(text: string): boolean {
    return this.#texts.has(text)
  }

  /** Remembers one that is not long; when there are too many, all are forgotten. */
  add(text: string): void {
    if (text.length > TEXT_LENGTH_MAX) return
    if (this.#texts.size >= TEXTS_MAX) this.#texts.clear()
    this.#texts.add(text)
  }
}
