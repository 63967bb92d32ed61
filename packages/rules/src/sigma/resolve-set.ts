import { type CorrelationDraft, failedOutcome, type RuleDraft } from '../draft.ts'
import type { RuleProblem } from '../errors.ts'
import { ruleVersion } from '../identity.ts'
import type { Category } from '../mapping/mapping.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import { SET_LIMITS, SetBudget } from '../set-budget.ts'
import { planFilters } from './apply-filters.ts'
import type { RuleReference } from './filter.ts'
import type { SigmaOptions } from './load.ts'
import { filterOutcome, linted, nameOf, placeOf, reportOf, ruleIdOf, versionOf } from './outcome.ts'
import { type InputRule, type NamingOptions, resolveCorrelation } from './resolve-correlation.ts'

/** Correlations over correlations, counted from the one that stands on detections. */
const CHAIN_MAX = 10

/**
 * Brings the documents of a set together: filters into their rules, correlations to the rules they
 * name. One outcome a draft, in order.
 *
 * @throws Never for anything in the documents.
 */
export function resolveSet(
  drafts: readonly RuleDraft[],
  options: SigmaOptions,
): readonly RuleOutcome[] {
  return new SetResolver(drafts, options).resolve()
}

class SetResolver {
  readonly #drafts: readonly RuleDraft[]
  readonly #options: NamingOptions
  readonly #outcomes: (RuleOutcome | undefined)[]
  /** Places of the drafts a text can mean, by how it can be meant. */
  readonly #byId = new Map<string, number[]>()
  readonly #byName = new Map<string, number[]>()
  readonly #byTitle = new Map<string, number[]>()
  /** Inputs of the correlations whose references were all found, by their place. */
  readonly #inputs = new Map<number, readonly number[]>()
  readonly #depths = new Map<number, number>()

  constructor(drafts: readonly RuleDraft[], options: SigmaOptions) {
    this.#drafts = drafts
    this.#outcomes = Array.from({ length: drafts.length })
    this.#options = {
      mapping: options.mapping,
      naming: options.fields ?? 'ecs',
      isDeploy: (options.purpose ?? 'deploy') === 'deploy',
    }
  }

  resolve(): readonly RuleOutcome[] {
    const { parts, applied } = planFilters(this.#drafts)
    for (const [index, draft] of this.#drafts.entries()) {
      if (draft.kind === 'settled') this.#outcomes[index] = linted(draft.outcome)
      if (draft.kind === 'detection') this.#outcomes[index] = draft.finish(parts.get(index) ?? [])
    }
    this.#refuseDuplicates()
    this.#refuseExcess()
    this.#register()
    this.#correlate()
    this.#silence()
    for (const { draft, rules } of applied) {
      const ids = rules.map((index) => ruleIdOf(this.#outcomes[index]) ?? '')
      this.#outcomes[this.#drafts.indexOf(draft)] = filterOutcome(draft, ids)
    }
    return this.#outcomes.map((outcome) => {
      if (outcome === undefined) throw new Error('every draft has an outcome')
      return outcome
    })
  }

  /** Of two rules with one id the first stays. */
  #refuseDuplicates(): void {
    const paths = new Map<string, string>()
    for (const [index, draft] of this.#drafts.entries()) {
      const outcome = this.#outcomes[index]
      const isRule = outcome?.state === 'loaded' || draft.kind === 'correlation'
      const id = outcome?.state === 'loaded' ? outcome.rule.id : draft.names.id
      if (!isRule || id === undefined) continue
      const first = paths.get(id)
      const { path, line } = placeOf(draft, outcome)
      if (first === undefined) {
        paths.set(id, path)
        continue
      }
      const problem: RuleProblem = {
        code: 'ERR_RULE_DUPLICATE_ID',
        message: `The id ${id} is already used in ${first}; give this rule its own.`,
        path,
        line,
        column: 1,
      }
      const before = outcome?.problems ?? reportOf(draft)
      const names = { ...draft.names, title: draft.names.title ?? nameOf(outcome) }
      this.#outcomes[index] = failedOutcome(
        names.title === undefined ? draft.names : { ...names, title: names.title },
        { path, line },
        [...before, problem],
      )
    }
  }

  /** Rules that each keep their limits can still be too much together; the later ones go. */
  #refuseExcess(): void {
    const budget = new SetBudget()
    for (const [index, draft] of this.#drafts.entries()) {
      const outcome = this.#outcomes[index]
      if (outcome?.state !== 'loaded' || budget.take(outcome.rule)) continue
      const { path, line } = outcome.rule
      const problem: RuleProblem = {
        code: 'ERR_RULE_TOO_LARGE',
        message:
          `The rules before this one already make ${SET_LIMITS.nodes} tests or ` +
          `${SET_LIMITS.instructions} steps of regular expressions; load fewer together.`,
        path,
        line,
        column: 1,
      }
      const problems = [...outcome.problems, problem]
      this.#outcomes[index] = failedOutcome(draft.names, { path, line }, problems)
    }
  }

  #register(): void {
    for (const [index, { kind, names }] of this.#drafts.entries()) {
      if (kind === 'filter') continue
      const id = ruleIdOf(this.#outcomes[index]) ?? names.id
      note(this.#byId, id, index)
      note(this.#byName, names.name, index)
      note(this.#byTitle, names.title, index)
    }
  }

  /** Resolves correlations after the correlations they stand on, without recursion. */
  #correlate(): void {
    const waiting = new Map<number, number>()
    const dependents = new Map<number, number[]>()
    for (const [index, draft] of this.#drafts.entries()) {
      if (draft.kind !== 'correlation' || this.#outcomes[index] !== undefined) continue
      const inputs = this.#references(draft)
      if (inputs === undefined) {
        this.#fail(index, draft)
        continue
      }
      this.#inputs.set(index, inputs)
    }
    for (const [index, inputs] of this.#inputs) {
      const open = [...new Set(inputs)].filter((input) => this.#outcomes[input] === undefined)
      waiting.set(index, open.length)
      for (const input of open) note(dependents, input, index)
    }
    const ready = [...waiting].filter(([, count]) => count === 0).map(([index]) => index)
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      this.#resolveOne(next)
      waiting.delete(next)
      for (const dependent of dependents.get(next) ?? []) {
        const left = (waiting.get(dependent) ?? 0) - 1
        waiting.set(dependent, left)
        if (left === 0) ready.push(dependent)
      }
    }
    this.#refuseCycles([...waiting.keys()])
  }

  #fail(index: number, draft: CorrelationDraft): void {
    const { place, names } = draft
    this.#outcomes[index] = failedOutcome(names, place, place.report.problems)
  }

  /** The drafts that the rules of a correlation are; `undefined` when a problem was reported. */
  #references({ section, place }: CorrelationDraft): readonly number[] | undefined {
    const found: number[] = []
    const seen = new Map<number, RuleReference>()
    for (const reference of section.rules) {
      const { text, at } = reference
      const matches = this.#byId.get(text) ?? this.#byName.get(text) ?? this.#byTitle.get(text)
      const [index, other] = matches ?? []
      const earlier = index === undefined ? undefined : seen.get(index)
      if (index === undefined) {
        const known = [this.#byName, this.#byId, this.#byTitle].flatMap((map) => [...map.keys()])
        const nearest = place.report.nearest(text, known)
        const message = `No rule has the id, name or title "${text}".`
        place.report.add('ERR_RULE_UNKNOWN_REFERENCE', message, { at, nearest })
      } else if (other !== undefined && !this.#byId.has(text)) {
        const where = [index, other].map((one) => this.#whereabouts(one)).join(' and ')
        const message = `"${text}" names several rules, in ${where}; refer to one by its id.`
        place.report.add('ERR_RULE_AMBIGUOUS_REFERENCE', message, { at })
      } else if (earlier !== undefined) {
        const message = `"${text}" is the same rule as "${earlier.text}"; name it once.`
        place.report.add('ERR_RULE_CORRELATION', message, { at })
      } else {
        seen.set(index, reference)
        found.push(index)
      }
    }
    return place.report.fatal ? undefined : found
  }

  #whereabouts(index: number): string {
    const draft = this.#drafts[index]
    if (draft === undefined) return ''
    const { path, line } = placeOf(draft, this.#outcomes[index])
    return `${path}:${line}`
  }

  #resolveOne(index: number): void {
    const draft = this.#drafts[index]
    if (draft?.kind !== 'correlation') return
    const places = this.#inputs.get(index) ?? []
    const depth = 1 + Math.max(0, ...places.map((place) => this.#depths.get(place) ?? 0))
    this.#depths.set(index, depth)
    const { report } = draft.place
    if (depth > CHAIN_MAX) {
      const message = `Correlations stand on each other more than ${CHAIN_MAX} deep.`
      report.add('ERR_RULE_TOO_LARGE', message, { at: draft.section.at })
      return this.#fail(index, draft)
    }
    const unsupported: string[] = []
    const inputs = places.flatMap((place, part) => {
      const reference = draft.section.rules[part]
      return reference === undefined ? [] : (this.#input(draft, place, reference) ?? [])
    })
    for (const place of places) {
      const outcome = this.#outcomes[place]
      if (outcome?.state === 'unsupported') unsupported.push(outcome.reason)
    }
    if (report.fatal) return this.#fail(index, draft)
    if (unsupported[0] !== undefined) {
      const { id, title } = draft.names
      const { path, line } = draft.place
      this.#outcomes[index] = {
        state: 'unsupported',
        ...(id === undefined ? {} : { id }),
        ...(title === undefined ? {} : { name: title }),
        path,
        line,
        reason: `A rule it refers to is not evaluated: ${unsupported[0]}`,
        problems: report.problems,
      }
      return undefined
    }
    const outcome = resolveCorrelation(draft, inputs, this.#options)
    if (outcome === undefined) this.#fail(index, draft)
    else this.#outcomes[index] = outcome
    return undefined
  }

  // oxlint-disable-next-line max-params -- who refers, to which draft, in which words
  #input(
    { place: { report } }: CorrelationDraft,
    place: number,
    reference: RuleReference,
  ): InputRule | undefined {
    const { text, at } = reference
    const draft = this.#drafts[place]
    const outcome = this.#outcomes[place]
    if (outcome === undefined || draft === undefined || outcome.state === 'unsupported') {
      return undefined
    }
    if (outcome.state !== 'loaded' && outcome.state !== 'dead') {
      const message = `The rule "${text}" in ${this.#whereabouts(place)} cannot be loaded itself.`
      report.add('ERR_RULE_REFERENCE', message, { at })
      return undefined
    }
    const { rule } = outcome
    const { id, name, title } = draft.names
    return {
      rule,
      dead: outcome.state === 'dead' ? outcome : undefined,
      category: draft.kind === 'detection' ? draft.category : this.#categoryOf(rule),
      names: new Set([id, name, title, text].filter((one) => one !== undefined)),
      reference: text,
    }
  }

  #categoryOf({ logsource: { category } }: Rule): Category | undefined {
    return category === undefined ? undefined : this.#options.mapping.categories.get(category)
  }

  /** What is still waiting stands in a circle, or on one. */
  #refuseCycles(left: readonly number[]): void {
    const rest = new Set(left)
    const visited = new Map<number, number>()
    const nextOf = (index: number): number | undefined =>
      this.#inputs.get(index)?.find((input) => rest.has(input))
    for (const start of left) {
      const path: number[] = []
      let at: number | undefined = start
      while (at !== undefined && !visited.has(at)) {
        visited.set(at, start)
        path.push(at)
        at = nextOf(at)
      }
      const isCircle = at !== undefined && visited.get(at) === start
      const circle = isCircle && at !== undefined ? path.slice(path.indexOf(at)) : []
      for (const index of path) this.#refuseCycle(index, circle)
    }
  }

  #refuseCycle(index: number, circle: readonly number[]): void {
    const draft = this.#drafts[index]
    if (draft?.kind !== 'correlation') return
    const { report } = draft.place
    const at = draft.section.at
    if (circle.includes(index)) {
      const shown = circle.slice(0, CHAIN_MAX).map((one) => this.#whereabouts(one))
      const message = `The correlation stands on itself: ${shown.join(' → ')}${circle.length > CHAIN_MAX ? ' → …' : ''}.`
      report.add('ERR_RULE_CYCLE', message, { at })
    } else {
      const message = 'The correlation stands on others that stand on themselves.'
      report.add('ERR_RULE_REFERENCE', message, { at })
    }
    this.#fail(index, draft)
  }

  /**
   * Silences the rules that only feed correlations: those that no loaded correlation referring to
   * them says `generate: true` for. Then the versions of correlations, inputs first.
   */
  #silence(): void {
    const isGenerated = new Map<number, boolean>()
    for (const [index, inputs] of this.#inputs) {
      const draft = this.#drafts[index]
      if (this.#outcomes[index]?.state !== 'loaded' || draft?.kind !== 'correlation') continue
      for (const input of inputs) {
        isGenerated.set(input, draft.section.generate || isGenerated.get(input) === true)
      }
    }
    for (const [index, generated] of isGenerated) {
      if (!generated) this.#replace(index, (rule) => ({ ...rule, silent: true }))
    }
    const correlations = [...this.#inputs.keys()].toSorted(
      (one, other) => (this.#depths.get(one) ?? 0) - (this.#depths.get(other) ?? 0),
    )
    for (const index of correlations) {
      const inputs = this.#inputs.get(index) ?? []
      const versions = inputs.map((input) => versionOf(this.#outcomes[input]) ?? '')
      this.#replace(index, (rule) => ({ ...rule, version: ruleVersion(rule, versions) }))
    }
  }

  #replace(index: number, change: (rule: Rule) => Rule): void {
    const outcome = this.#outcomes[index]
    if (outcome?.state !== 'loaded' && outcome?.state !== 'dead') return
    const rule = change(outcome.rule)
    const isNew = rule.silent !== outcome.rule.silent && rule.body.kind === 'event'
    const version = isNew ? ruleVersion(rule) : rule.version
    this.#outcomes[index] = { ...outcome, rule: { ...rule, version } }
  }
}

function note<Key>(map: Map<Key, number[]>, key: Key | undefined, index: number): void {
  if (key === undefined) return
  const known = map.get(key)
  if (known === undefined) map.set(key, [index])
  else known.push(index)
}
