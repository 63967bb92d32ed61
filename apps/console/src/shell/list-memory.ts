/** A list as it was left: where "back" leads, and what stands before and after an item. */
interface Left {
  readonly search: string
  readonly ids: readonly string[]
  readonly current: number
}

/** What one tab of the browser remembers of one list; leaving the page forgets it. */
export class ListMemory {
  readonly #path: string
  #left: Left = { search: '', ids: [], current: -1 }

  /** @param path Address of the list without its filters. */
  constructor(path: string) {
    this.#path = path
  }

  /** Remembers what the list shows. */
  remember(left: Left): void {
    this.#left = left
  }

  /** Address of the list as it was left. */
  get path(): string {
    const { search } = this.#left
    return search === '' ? this.#path : `${this.#path}?${search}`
  }

  /** Address of one of its items. */
  addressOf(id: string): string {
    return `${this.#path}/${encodeURIComponent(id)}`
  }

  /** Place of the keyboard in the list as it was left, if the list is the same one. */
  row(search: string): number {
    return this.#left.search === search ? this.#left.current : -1
  }

  /** The item `step` places after this one in the list as it was left. */
  neighbour(id: string, step: 1 | -1): string | undefined {
    const index = this.#left.ids.indexOf(id)
    return index < 0 ? undefined : this.#left.ids[index + step]
  }
}

/** The alert queue of this tab. */
export const ALERT_LIST = new ListMemory('/alerts')
/** The incident list of this tab. */
export const INCIDENT_LIST = new ListMemory('/incidents')
