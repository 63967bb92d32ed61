import type { RuleDraft } from './draft.ts'
import { loadElastic } from './elastic/load.ts'
import { isFatal, type RuleProblem } from './errors.ts'
import { type HintBudget, hintBudget } from './report.ts'
import type { Rule, RuleOutcome } from './rule.ts'
import { readSigma, type RuleSource, type SigmaOptions } from './sigma/load.ts'
import { resolveSet } from './sigma/resolve-set.ts'

/** What came of loading many files: every document once, and the rules that can fire. */
export interface RuleSet {
  readonly outcomes: readonly RuleOutcome[]
  /** In the order of the documents, correlations among the rules they stand on. */
  readonly rules: readonly Rule[]
  /** loaded + dead + unsupported + failed + applied = documents read. */
  readonly counts: Readonly<Record<RuleOutcome['state'], number>>
}

/**
 * Loads many rule files as one set: filters go into the rules they name, correlations find theirs
 * in any file. A broken document never stops the others. Of two rules with one id the first is
 * kept, in the order given.
 *
 * @throws Never for anything in the texts.
 */
export function loadRules(sources: Iterable<RuleSource>, options: SigmaOptions): RuleSet {
  const budget = hintBudget()
  const drafts = [...sources].flatMap((source) => readFile(source, options, budget))
  const outcomes = resolveSet(drafts, options)
  const rules = outcomes.flatMap((outcome) => (outcome.state === 'loaded' ? [outcome.rule] : []))
  const counts = { loaded: 0, dead: 0, unsupported: 0, failed: 0, applied: 0 }
  for (const { state } of outcomes) counts[state] += 1
  return { outcomes, rules, counts }
}

/** Of `.toml` files Elastic's rules, of all others Sigma's and our own. */
function readFile(
  source: RuleSource,
  options: SigmaOptions,
  budget: HintBudget,
): readonly RuleDraft[] {
  if (!source.path.endsWith('.toml')) return readSigma(source, options, budget)
  const outcome = loadElastic(source, options)
  const { id, name: title } = 'rule' in outcome ? outcome.rule : outcome
  const names = { ...(id === undefined ? {} : { id }), ...(title === undefined ? {} : { title }) }
  return [{ kind: 'settled', outcome, names }]
}

/**
 * Loads the rules of one file, of either kind, as a set of its own.
 *
 * @returns One outcome a document, in order, with all problems.
 * @throws  Never for anything in the text.
 */
export function loadRuleFile(source: RuleSource, options: SigmaOptions): readonly RuleOutcome[] {
  return loadRules([source], options).outcomes
}

/** As {@link loadRuleFile}, for documents of YAML whatever the file is called. */
export function loadSigma(source: RuleSource, options: SigmaOptions): readonly RuleOutcome[] {
  return resolveSet(readSigma(source, options), options)
}

/** The problems of outcomes in order: all, or only those that keep rules out. */
export function problemsOf(
  outcomes: readonly RuleOutcome[],
  only?: 'fatal',
): readonly RuleProblem[] {
  const problems = outcomes.flatMap((outcome) => outcome.problems)
  return only === undefined ? problems : problems.filter(isFatal)
}
