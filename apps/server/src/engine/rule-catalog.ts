import type { RuleDetail, RuleSummary } from '@pomona/schema'
import type { Rule, RuleOutcome } from '@pomona/rules'

/** The rules of one content load as people see them: what runs, and why the others do not. */
export class RuleCatalog {
  readonly rules: readonly Rule[]
  readonly outcomes: readonly RuleOutcome[]
  readonly #details: ReadonlyMap<string, RuleDetail>

  constructor(outcomes: readonly RuleOutcome[]) {
    this.outcomes = outcomes
    this.rules = outcomes.flatMap((outcome) => (outcome.state === 'loaded' ? [outcome.rule] : []))
    const readable = outcomes.flatMap((outcome) => ('rule' in outcome ? [outcome.rule] : []))
    this.#details = new Map(readable.map((rule) => [rule.id, detailOf(rule)]))
  }

  /** Outcomes that do not run: dead, unsupported or failed. */
  get problems(): number {
    const running = new Set<RuleOutcome['state']>(['loaded', 'applied'])
    return this.outcomes.filter(({ state }) => !running.has(state)).length
  }

  /** A loaded or dead rule as written. */
  detail(id: string): RuleDetail | undefined {
    return this.#details.get(id)
  }

  /** @param alerts Alerts stored by rule id. */
  summaries(alerts: ReadonlyMap<string, number>): readonly RuleSummary[] {
    return this.outcomes.map((outcome) => summaryOf(outcome, alerts))
  }
}

function detailOf(rule: Rule): RuleDetail {
  return {
    id: rule.id,
    name: rule.name,
    version: rule.version,
    ...(rule.description === undefined ? {} : { description: rule.description }),
    source: rule.source,
    path: rule.path,
    references: [...rule.references],
    false_positives: [...rule.falsePositives],
  }
}

function summaryOf(outcome: RuleOutcome, alerts: ReadonlyMap<string, number>): RuleSummary {
  if ('rule' in outcome) {
    const { rule } = outcome
    return {
      id: rule.id,
      name: rule.name,
      path: rule.path,
      state: outcome.state,
      ...(outcome.state === 'dead' ? { reason: outcome.reason } : {}),
      severity: rule.severity,
      techniques: rule.techniques.map(({ id }) => id),
      alerts: alerts.get(rule.id) ?? 0,
    }
  }
  const place = `${outcome.path}:${outcome.line}`
  const id = outcome.id ?? place
  return {
    id,
    name: outcome.name ?? place,
    path: outcome.path,
    state: outcome.state,
    reason: reasonOf(outcome),
    techniques: [],
    alerts: alerts.get(id) ?? 0,
  }
}

function reasonOf(outcome: Exclude<RuleOutcome, { readonly rule: Rule }>): string {
  if (outcome.state === 'unsupported') return outcome.reason
  const filtered = outcome.state === 'applied' ? outcome.ruleIds : []
  return [...filtered, problemsText(outcome.problems)].filter((text) => text !== '').join('\n')
}

function problemsText(problems: readonly { readonly message: string; readonly line: number }[]) {
  return problems.map(({ message, line }) => `line ${line}: ${message}`).join('\n')
}
