import type { Filter } from './expression.ts'

/**
 * A reason not to tell of what a rule found: known and harmless. It is judged after the rule, so
 * that what it hides is still counted and can be looked up.
 */
export interface RuleException {
  readonly id: string
  readonly name: string
  /** Who answers for it. */
  readonly owner: string
  readonly reason: string
  /** Event time from which on it no longer holds, in milliseconds since 1970; absent: never. */
  readonly expiresMs?: number
  /** Rules it is for: any of these ids, or with any of these tags. Both empty: all rules. */
  readonly ruleIds: readonly string[]
  readonly tags: readonly string[]
  /** Hosts it is for, by id or name; none: all. */
  readonly hosts: readonly string[]
  /** What an event has to be like. Of several events of one alert, one suffices. */
  readonly filter: Filter
  readonly path: string
  readonly line: number
}
