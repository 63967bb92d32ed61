import type { Rule } from '@pomona/rules'
import { fieldPath, fieldValue } from '@pomona/schema'
import { compileCondition, type Condition, type Witness } from './condition.ts'
import { EventView, type FieldLookup } from './event-view.ts'

/** Options of {@link Engine}. */
export interface EngineOptions {
  /** Default `nested`. */
  readonly lookup?: FieldLookup
  /**
   * Skip rules whose logsource contradicts the event's own `product`, `service` or `category`.
   * Default false.
   */
  readonly route?: boolean
  /** Predicates kept as explanation of one match. Default 50; the rest is left out. */
  readonly witnessesMax?: number
}

/** A rule that held for an event, and why. */
export interface Match {
  readonly rule: Rule
  readonly witnesses: readonly Witness[]
}

/** How often a rule was tried, held, or could not be evaluated. */
export interface RuleCounts {
  readonly ruleId: string
  readonly evaluated: number
  readonly matched: number
  readonly errored: number
}

interface GateCheck {
  readonly action: string
  readonly equals: readonly (readonly [path: readonly string[], wanted: unknown])[]
}

interface CompiledRule {
  readonly rule: Rule
  readonly condition: Condition
  /** What the gate asks for beside the action; absent when nothing. */
  readonly gate: readonly GateCheck[] | undefined
  evaluated: number
  matched: number
  errored: number
}

const WITNESSES_MAX = 50
const ACTION = fieldPath('event.action')
const ROUTES = ['product', 'service', 'category'] as const

/**
 * Tries every rule on every event its gate admits: the plain full scan. It is the judge of every
 * later optimisation, so it stays simple: no candidate index, no shared state between events but
 * the counts.
 *
 * Pure but for its counters; the same event always gives the same matches, in the order of the
 * rules.
 */
export class Engine {
  readonly #view: EventView
  readonly #rules: readonly CompiledRule[]
  readonly #byAction = new Map<string, readonly CompiledRule[]>()
  readonly #ungated: readonly CompiledRule[]
  readonly #route: boolean
  readonly #witnessesMax: number

  constructor(rules: readonly Rule[], options: EngineOptions = {}) {
    const view = new EventView(options.lookup ?? 'nested')
    this.#view = view
    this.#route = options.route ?? false
    this.#witnessesMax = options.witnessesMax ?? WITNESSES_MAX
    this.#rules = rules.map((rule) => ({
      rule,
      condition: compileCondition(rule.expression, view),
      gate: compileGate(rule),
      evaluated: 0,
      matched: 0,
      errored: 0,
    }))
    this.#ungated = this.#rules.filter(({ rule }) => rule.gate.events.length === 0)
    for (const { rule } of this.#rules) {
      for (const { action } of rule.gate.events) this.#bucket(action)
    }
  }

  #bucket(action: string): void {
    if (this.#byAction.has(action)) return
    const admitted = this.#rules.filter(
      ({ rule: { gate } }) =>
        gate.events.length === 0 || gate.events.some((entry) => entry.action === action),
    )
    this.#byAction.set(action, admitted)
  }

  /** The rules in the order in which matches come. */
  get rules(): readonly Rule[] {
    return this.#rules.map(({ rule }) => rule)
  }

  /**
   * Finds the rules that hold for an event.
   *
   * @throws Never: a rule that fails on an event counts as `errored` and not as a match.
   */
  match(document: object): readonly Rule[] {
    return this.#scan(document).map(({ rule }) => rule)
  }

  /** As {@link match}, with the predicates that held and the values that satisfied them. */
  evaluate(document: object): readonly Match[] {
    return this.#scan(document).map(({ rule, condition }) => {
      return { rule, witnesses: this.#explain(condition) }
    })
  }

  #scan(document: object): readonly CompiledRule[] {
    const action = fieldValue(document, ACTION)
    const candidates =
      (typeof action === 'string' ? this.#byAction.get(action) : undefined) ?? this.#ungated
    if (candidates.length === 0) return []
    this.#view.turnTo(document)
    const matched: CompiledRule[] = []
    for (const compiled of candidates) {
      if (compiled.gate !== undefined && !admits(compiled.gate, document, action)) continue
      if (this.#route && contradicts(compiled.rule, document)) continue
      compiled.evaluated += 1
      try {
        if (compiled.condition.holds(this.#view)) matched.push(compiled)
      } catch {
        // Data of one event against one rule: counted, and the other rules go on.
        compiled.errored += 1
      }
    }
    for (const compiled of matched) compiled.matched += 1
    return matched
  }

  #explain(condition: Condition): readonly Witness[] {
    const witnesses: Witness[] = []
    condition.explain(this.#view, (witness) => {
      if (witnesses.length < this.#witnessesMax) witnesses.push(witness)
    })
    return witnesses
  }

  /** Counts of every rule since the engine was made, or since they were set. */
  counts(): readonly RuleCounts[] {
    return this.#rules.map(({ rule, evaluated, matched, errored }) => {
      return { ruleId: rule.id, evaluated, matched, errored }
    })
  }

  /** Takes counts up again; those of rules that are gone are forgotten. */
  setCounts(counts: readonly RuleCounts[]): void {
    const byId = new Map(counts.map((entry) => [entry.ruleId, entry]))
    for (const compiled of this.#rules) {
      const entry = byId.get(compiled.rule.id)
      compiled.evaluated = entry?.evaluated ?? 0
      compiled.matched = entry?.matched ?? 0
      compiled.errored = entry?.errored ?? 0
    }
  }
}

function compileGate({ gate }: Rule): readonly GateCheck[] | undefined {
  const checks = gate.events.map(({ action, equals }) => {
    const pairs = Object.entries(equals).map(
      ([field, wanted]) => [fieldPath(field), wanted] as const,
    )
    return { action, equals: pairs }
  })
  return checks.some(({ equals }) => equals.length > 0) ? checks : undefined
}

function admits(gate: readonly GateCheck[], document: object, action: unknown): boolean {
  return gate.some(
    (check) =>
      check.action === action &&
      check.equals.every(([path, wanted]) => fieldValue(document, path) === wanted),
  )
}

// An event that does not say where it comes from contradicts no rule, and the reverse.
function contradicts({ logsource }: Rule, document: object): boolean {
  return ROUTES.some((key) => {
    const wanted = logsource[key]
    const said = fieldValue(document, [key])
    if (wanted === undefined || typeof said !== 'string') return false
    return said.toLowerCase() !== wanted.toLowerCase()
  })
}
