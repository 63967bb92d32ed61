import type { EventBody, Rule } from '@pomona/rules'
import type { Witness } from './condition.ts'
import type { JsonLine } from './indexed/flat-line.ts'
import { IndexedMatcher } from './indexed-matcher.ts'
import type { FilterCounts, MatcherOptions } from './matcher.ts'

/** Options of {@link Engine}. */
export type EngineOptions = MatcherOptions

/** A rule that held for an event, and why. */
export interface Match {
  readonly rule: Rule
  readonly witnesses: readonly Witness[]
}

/** How often a rule was tried, held, or could not be evaluated. */
export interface RuleCounts extends FilterCounts {
  readonly ruleId: string
}

type EventRule = Rule & { readonly body: EventBody }

/**
 * Finds the rules that hold for single events. Rules over several events are not tried.
 *
 * Pure but for its counters; the same event always gives the same matches, in the order of the
 * rules.
 */
export class Engine {
  readonly #rules: readonly EventRule[]
  readonly #matcher: IndexedMatcher

  constructor(rules: readonly Rule[], options: EngineOptions = {}) {
    this.#rules = rules.filter(isEventRule)
    const filters = this.#rules.map(({ body: { gate, expression }, logsource }) => {
      return { gate, expression, logsource }
    })
    this.#matcher = new IndexedMatcher(filters, options)
  }

  /** The rules in the order in which matches come. */
  get rules(): readonly Rule[] {
    return this.#rules
  }

  /**
   * Finds the rules that hold for an event.
   *
   * @throws Never: a rule that fails on an event counts as `errored` and not as a match.
   */
  match(document: object): readonly Rule[] {
    return this.#matcher.match(document).map((index) => this.#rule(index))
  }

  /**
   * As {@link match}, for an event that stands on a line as JSON; sooner, because no object is made
   * of it. The bytes are read until the next event.
   *
   * @returns `undefined` when that cannot be done with this line, which may be no JSON at all: it
   *          then has to be parsed and given to {@link match}.
   */
  matchLine(line: JsonLine): readonly Rule[] | undefined {
    return this.#matcher.matchLine(line)?.map((index) => this.#rule(index))
  }

  /** As {@link match}, with the predicates that held and the values that satisfied them. */
  evaluate(document: object): readonly Match[] {
    return this.#matcher.match(document).map((index) => {
      return { rule: this.#rule(index), witnesses: this.#matcher.explain(index) }
    })
  }

  #rule(index: number): Rule {
    const rule = this.#rules[index]
    if (rule === undefined) throw new RangeError(`no rule ${index}`)
    return rule
  }

  /** Counts of every rule since the engine was made, or since they were set. */
  counts(): readonly RuleCounts[] {
    return this.#rules.map(({ id: ruleId }, index) => {
      return { ruleId, ...this.#matcher.counts(index) }
    })
  }

  /** Takes counts up again; those of rules that are gone are forgotten. */
  setCounts(counts: readonly RuleCounts[]): void {
    const byId = new Map(counts.map((entry) => [entry.ruleId, entry]))
    for (const [index, { id }] of this.#rules.entries()) {
      const { evaluated = 0, matched = 0, errored = 0 } = byId.get(id) ?? {}
      this.#matcher.setCounts(index, { evaluated, matched, errored })
    }
  }
}

function isEventRule(rule: Rule): rule is EventRule {
  return rule.body.kind === 'event'
}
