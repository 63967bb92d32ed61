import { compileCondition, type Condition, type Witness } from './condition.ts'
import { EventView } from './event-view.ts'
import { actionOf, admits, compileGate, contradicts, type GateCheck } from './gate.ts'
import {
  type FilterCounts,
  type Matcher,
  type MatcherOptions,
  type RoutedFilter,
  WITNESSES_MAX,
} from './matcher.ts'

interface CompiledFilter {
  readonly filter: RoutedFilter
  readonly index: number
  readonly condition: Condition
  /** What the gate asks for beside the action; absent when nothing. */
  readonly gate: readonly GateCheck[] | undefined
  evaluated: number
  matched: number
  errored: number
}

/**
 * Tries every filter on every event its gate admits. It is the judge of every faster matcher, so it
 * stays simple: no candidate index, no shared state between events but the counts.
 */
export class FullScan implements Matcher {
  readonly #view: EventView
  readonly #filters: readonly CompiledFilter[]
  readonly #byAction = new Map<string, readonly CompiledFilter[]>()
  readonly #ungated: readonly CompiledFilter[]
  readonly #route: boolean
  readonly #witnessesMax: number

  constructor(filters: readonly RoutedFilter[], options: MatcherOptions = {}) {
    const view = new EventView(options.lookup ?? 'nested')
    this.#view = view
    this.#route = options.route ?? false
    this.#witnessesMax = options.witnessesMax ?? WITNESSES_MAX
    this.#filters = filters.map((filter, index) => ({
      filter,
      index,
      condition: compileCondition(filter.expression, view),
      gate: compileGate(filter.gate),
      evaluated: 0,
      matched: 0,
      errored: 0,
    }))
    this.#ungated = this.#filters.filter(({ filter }) => filter.gate.events.length === 0)
    for (const { gate } of filters) for (const { action } of gate.events) this.#bucket(action)
  }

  #bucket(action: string): void {
    if (this.#byAction.has(action)) return
    const admitted = this.#filters.filter(
      ({ filter: { gate } }) =>
        gate.events.length === 0 || gate.events.some((entry) => entry.action === action),
    )
    this.#byAction.set(action, admitted)
  }

  match(document: object): number[] {
    const action = actionOf(document)
    const candidates =
      (typeof action === 'string' ? this.#byAction.get(action) : undefined) ?? this.#ungated
    const matched: number[] = []
    if (candidates.length === 0) return matched
    this.#view.turnTo(document)
    for (const compiled of candidates) {
      const { gate, filter } = compiled
      if (gate !== undefined && !admits(gate, { document, action })) continue
      if (this.#route && contradicts(filter.logsource ?? {}, document)) continue
      compiled.evaluated += 1
      try {
        if (compiled.condition.holds(this.#view)) matched.push(compiled.index)
      } catch {
        // Data of one event against one filter: counted, and the others go on.
        compiled.errored += 1
      }
    }
    for (const index of matched) this.#at(index).matched += 1
    return matched
  }

  explain(index: number): readonly Witness[] {
    const witnesses: Witness[] = []
    this.#at(index).condition.explain(this.#view, (witness) => {
      if (witnesses.length < this.#witnessesMax) witnesses.push(witness)
      return witnesses.length < this.#witnessesMax
    })
    return witnesses
  }

  counts(index: number): FilterCounts {
    const { evaluated, matched, errored } = this.#at(index)
    return { evaluated, matched, errored }
  }

  setCounts(index: number, counts: FilterCounts): void {
    Object.assign(this.#at(index), counts)
  }

  #at(index: number): CompiledFilter {
    const compiled = this.#filters[index]
    if (compiled === undefined) throw new RangeError(`no filter ${index}`)
    return compiled
  }
}
