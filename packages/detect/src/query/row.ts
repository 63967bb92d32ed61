/** One result of a query: events in order, and what pipes computed of them. */
export interface QueryRow {
  /** Places in the list of events; `undefined` where no event may be. */
  readonly events: readonly (number | undefined)[]
  /** What `count` says in place of events. */
  readonly summary?: Readonly<Record<string, unknown>>
}

/** A result as pipes see it: documents to ask, of which some may be made up. */
export interface PipedRow extends QueryRow {
  readonly documents: readonly (object | undefined)[]
}
