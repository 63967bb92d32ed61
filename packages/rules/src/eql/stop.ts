import type { RuleProblemCode } from '../errors.ts'

/** Why a query cannot be read, and where: `offset` is an index in the query's text. */
export interface EqlProblem {
  readonly code: RuleProblemCode
  readonly message: string
  readonly offset: number
  readonly nearest?: string | undefined
}

/** Ends the reading of a query at its first syntax error; never leaves this folder. */
export class EqlStop extends Error {
  readonly problem: EqlProblem

  constructor(code: RuleProblemCode, message: string, offset: number) {
    super(message)
    this.problem = { code, message, offset }
  }
}
