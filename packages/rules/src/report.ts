import type { Position, RuleProblem, RuleProblemCode } from './errors.ts'
import { isFatal } from './errors.ts'

const PROBLEMS_MAX = 200

/** Collects the problems of one document, at most 200: a rule broken more often is just broken. */
export class ProblemReport {
  readonly #path: string
  readonly #problems: RuleProblem[] = []

  constructor(path: string) {
    this.#path = path
  }

  /** Notes a problem at a place, with the nearest valid name where one is known. */
  add(
    code: RuleProblemCode,
    message: string,
    where: { at: Position; nearest?: string | undefined },
  ) {
    if (this.#problems.length >= PROBLEMS_MAX) return
    const { at, nearest } = where
    const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
    const problem = { code, message: message + hint, path: this.#path, ...place(at) }
    this.#problems.push(nearest === undefined ? problem : { ...problem, nearest })
  }

  get problems(): readonly RuleProblem[] {
    return this.#problems
  }

  /** True when one of the problems keeps the rule from being loaded. */
  get fatal(): boolean {
    return this.#problems.some(isFatal)
  }
}

function place({ line, column }: Position): Position {
  return { line, column }
}
