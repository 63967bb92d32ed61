import type { Position, RuleProblem, RuleProblemCode } from './errors.ts'
import { isFatal } from './errors.ts'
import { nearestName } from './nearest.ts'

const PROBLEMS_MAX = 200
const COMPARISONS_MAX = 500_000

/**
 * How many names may still be compared in search of the nearest one, over a whole rule set: hints
 * are for people, and nobody reads a million of them.
 */
export interface HintBudget {
  comparisonsLeft: number
}

/** The budget of one rule set. */
export function hintBudget(): HintBudget {
  return { comparisonsLeft: COMPARISONS_MAX }
}

/** Collects the problems of one document, at most 200: a rule broken more often is just broken. */
export class ProblemReport {
  readonly #path: string
  readonly #budget: HintBudget
  readonly #problems: RuleProblem[] = []
  /** What was said already: a filter is read once for each category of its rules. */
  readonly #said = new Set<string>()

  constructor(path: string, budget: HintBudget = hintBudget()) {
    this.#path = path
    this.#budget = budget
  }

  /** Notes a problem at a place, with the nearest valid name where one is known. */
  add(
    code: RuleProblemCode,
    message: string,
    where: { at: Position; nearest?: string | undefined },
  ) {
    if (this.#problems.length >= PROBLEMS_MAX) return
    const { at, nearest } = where
    const said = `${at.line}:${at.column}:${code}:${message}`
    if (this.#said.has(said)) return
    this.#said.add(said)
    const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
    const problem = { code, message: message + hint, path: this.#path, ...place(at) }
    this.#problems.push(nearest === undefined ? problem : { ...problem, nearest })
  }

  /** The valid name that was probably meant; none once too many were looked for. */
  nearest(name: string, valid: readonly string[]): string | undefined {
    const isFull = this.#problems.length >= PROBLEMS_MAX
    if (isFull || this.#budget.comparisonsLeft < valid.length) return undefined
    this.#budget.comparisonsLeft -= valid.length
    return nearestName(name, valid)
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
