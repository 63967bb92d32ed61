import { messageOf } from '../errors.ts'

/** What is known of places of the log that made detection fail. */
export class PoisonBook {
  readonly #attemptsMax: number
  readonly #places = new Map<string, { readonly attempts: number; readonly message: string }>()

  /** @param attemptsMax Tries a place gets before it counts as poison. */
  constructor(attemptsMax: number) {
    this.#attemptsMax = attemptsMax
  }

  /** Notes a failure. @returns How often this place has failed now. */
  note(id: string, error: unknown): number {
    const attempts = (this.#places.get(id)?.attempts ?? 0) + 1
    this.#places.set(id, { attempts, message: messageOf(error) })
    return attempts
  }

  has(id: string): boolean {
    return (this.#places.get(id)?.attempts ?? 0) >= this.#attemptsMax
  }

  /** How it failed the last time. */
  message(id: string): string | undefined {
    return this.#places.get(id)?.message
  }

  clear(): void {
    this.#places.clear()
  }
}
