import { loadElastic } from './elastic/load.ts'
import { isFatal, type RuleProblem } from './errors.ts'
import type { Rule, RuleOutcome } from './rule.ts'
import { loadSigma, type RuleSource, type SigmaOptions } from './sigma/load.ts'

/** What came of loading many files: every document once, and the rules that can fire. */
export interface RuleSet {
  readonly outcomes: readonly RuleOutcome[]
  readonly rules: readonly Rule[]
  /** loaded + dead + unsupported + failed = documents read. */
  readonly counts: Readonly<Record<RuleOutcome['state'], number>>
}

/**
 * Loads many rule files. A broken rule never stops the others. Of two rules with one id the first
 * is kept, in the order given.
 *
 * @throws Never for anything in the texts.
 */
export function loadRules(sources: Iterable<RuleSource>, options: SigmaOptions): RuleSet {
  const outcomes: RuleOutcome[] = []
  const rules: Rule[] = []
  const paths = new Map<string, string>()
  for (const source of sources) {
    for (const outcome of loadRuleFile(source, options)) {
      const kept = outcome.state === 'loaded' ? unlessDuplicate(outcome, paths) : outcome
      outcomes.push(kept)
      if (kept.state === 'loaded') rules.push(kept.rule)
    }
  }
  const counts = { loaded: 0, dead: 0, unsupported: 0, failed: 0 }
  for (const { state } of outcomes) counts[state] += 1
  return { outcomes, rules, counts }
}

/**
 * Loads the rules of one file: of `.toml` files Elastic's, of all others Sigma's and our own.
 *
 * @returns One outcome a document, in order.
 * @throws  Never for anything in the text.
 */
export function loadRuleFile(source: RuleSource, options: SigmaOptions): readonly RuleOutcome[] {
  return source.path.endsWith('.toml') ? [loadElastic(source, options)] : loadSigma(source, options)
}

function unlessDuplicate(
  outcome: Extract<RuleOutcome, { state: 'loaded' }>,
  paths: Map<string, string>,
): RuleOutcome {
  const { rule } = outcome
  const first = paths.get(rule.id)
  if (first === undefined) {
    paths.set(rule.id, rule.path)
    return outcome
  }
  const problem: RuleProblem = {
    code: 'ERR_RULE_DUPLICATE_ID',
    message: `The id ${rule.id} is already used in ${first}; give this rule its own.`,
    path: rule.path,
    line: rule.line,
    column: 1,
  }
  const { id, name, path, line } = rule
  return { state: 'failed', id, name, path, line, problems: [...outcome.problems, problem] }
}

/** The problems of outcomes in order: all, or only those that keep rules out. */
export function problemsOf(
  outcomes: readonly RuleOutcome[],
  only?: 'fatal',
): readonly RuleProblem[] {
  const problems = outcomes.flatMap((outcome) => outcome.problems)
  return only === undefined ? problems : problems.filter(isFatal)
}
