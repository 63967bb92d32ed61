import { fieldValue } from '@pomona/schema'
import { compileCondition, type Condition, type Witness } from './condition.ts'
import { EventView } from './event-view.ts'
import { actionOf, admits } from './gate.ts'
import type { JsonLine } from './indexed/flat-line.ts'
import { AtomTable } from './indexed/atom-table.ts'
import { leavesOf } from './indexed/leaf.ts'
import { Plan } from './indexed/plan.ts'
import { PredicateTable } from './indexed/predicate-table.ts'
import { Programs } from './indexed/program.ts'
import { NOWHERE, type OpenFilters, type Origin, Routes } from './indexed/routes.ts'
import { witnessOf } from './indexed/witness.ts'
import {
  type FilterCounts,
  type Matcher,
  type MatcherOptions,
  type RoutedFilter,
  VALUES_MAX,
  WITNESSES_MAX,
} from './matcher.ts'

/**
 * Finds the filters that hold without trying all of them: gates and routes leave those that are for
 * such an event, an index over what each filter needs to see leaves candidates, and only these are
 * verified, on predicates that are evaluated at most once an event. Gives what {@link FullScan}
 * gives; only `evaluated` counts less, because less is.
 */
export class IndexedMatcher implements Matcher {
  readonly #filters: readonly RoutedFilter[]
  readonly #predicates: PredicateTable
  readonly #programs: Programs
  readonly #routes: Routes
  /** Where the program of each filter begins. */
  readonly #starts: Int32Array
  readonly #atoms: AtomTable
  readonly #plans = new Map<OpenFilters, Plan>()
  /** Over all filters, for origins beyond the bound. */
  #planOfAll: Plan | undefined
  readonly #evaluated: Float64Array
  readonly #matched: Float64Array
  readonly #errored: Float64Array
  readonly #witnessesMax: number
  readonly #explainView: EventView
  readonly #conditions: (Condition | undefined)[] = []
  // What events are routed by.
  readonly #productSlot: number
  readonly #serviceSlot: number
  readonly #categorySlot: number

  constructor(filters: readonly RoutedFilter[], options: MatcherOptions = {}) {
    const lookup = options.lookup ?? 'nested'
    this.#filters = filters
    this.#witnessesMax = options.witnessesMax ?? WITNESSES_MAX
    this.#explainView = new EventView(lookup)
    this.#predicates = new PredicateTable(lookup, options.valuesMax ?? VALUES_MAX)
    this.#programs = new Programs(this.#predicates)
    this.#routes = new Routes(filters, { lookup, route: options.route ?? false })
    this.#productSlot = this.#predicates.slots.slotOf('product')
    this.#serviceSlot = this.#predicates.slots.slotOf('service')
    this.#categorySlot = this.#predicates.slots.slotOf('category')
    this.#starts = Int32Array.from(filters, ({ expression }) => this.#programs.compile(expression))
    this.#programs.seal()
    const context = {
      slotOf: (field: string) => this.#predicates.slots.slotOf(field),
      popularityOf: this.#predicates.popularityOf.bind(this.#predicates),
      impliedBy: this.#predicates.impliedBy.bind(this.#predicates),
    }
    for (const { expression } of filters) this.#predicates.noteFilter(leavesOf(expression))
    this.#atoms = new AtomTable(filters.map(({ expression }) => witnessOf(expression, context)))
    // Without gates and routes there is one set, known before the first event.
    if (this.#routes.isOneSet) this.#planFor(this.#routes.openTo(NOWHERE)).prepare()
    this.#evaluated = new Float64Array(filters.length)
    this.#matched = new Float64Array(filters.length)
    this.#errored = new Float64Array(filters.length)
  }

  match(document: object): number[] {
    const action = actionOf(document)
    const open = this.#routes.openTo(
      this.#routes.isRouted ? originOf(document, action) : { ...NOWHERE, action },
    )
    if (open.members.length === 0) return []
    this.#predicates.turnTo(document)
    return this.#matchOpen(open, action)
  }

  /**
   * The same for an event that stands on a line as JSON; sooner, because no object is made of it.
   *
   * @returns `undefined` when that cannot be done with this line, which may be no JSON at all: it
   *          then has to be parsed and given to {@link match}.
   */
  matchLine(line: JsonLine): number[] | undefined {
    if (!this.#predicates.turnToLine(line)) return undefined
    // A line that is read so holds no objects, and no `action` within an `event`.
    const origin = this.#routes.isRouted ? this.#originOfLine() : NOWHERE
    return this.#matchOpen(this.#routes.openTo(origin), undefined)
  }

  #originOfLine(): Origin {
    const { slots } = this.#predicates
    return {
      action: undefined,
      product: slots.value(this.#productSlot),
      service: slots.value(this.#serviceSlot),
      category: slots.value(this.#categorySlot),
    }
  }

  #matchOpen(open: OpenFilters, action: unknown): number[] {
    const matched: number[] = []
    const plan = this.#planFor(open)
    plan.collect(this.#predicates)
    for (let at = 0; at < plan.count; at += 1) {
      const filter = plan.candidates[at] ?? 0
      if (this.#isAdmitted(filter, open, action) && this.#verify(filter)) matched.push(filter)
    }
    return matched.length > 1 ? matched.toSorted((left, right) => left - right) : matched
  }

  #isAdmitted(filter: number, open: OpenFilters, action: unknown): boolean {
    const number = this.#routes.classOf(filter)
    if (open.isOpen[number] !== 1) return false
    const checks = this.#routes.checksOf(number)
    if (checks === undefined) return true
    return admits(checks, { document: this.#predicates.slots.document, action })
  }

  #verify(filter: number): boolean {
    this.#evaluated[filter] = (this.#evaluated[filter] ?? 0) + 1
    try {
      if (!this.#programs.run(this.#starts[filter] ?? 0)) return false
    } catch {
      // Data of one event against one filter: counted, and the others go on.
      this.#errored[filter] = (this.#errored[filter] ?? 0) + 1
      return false
    }
    this.#matched[filter] = (this.#matched[filter] ?? 0) + 1
    return true
  }

  #planFor(open: OpenFilters): Plan {
    const known = open.isOwnSet ? this.#plans.get(open) : this.#planOfAll
    if (known !== undefined) return known
    const members = open.isOwnSet ? open.members : [...this.#filters.keys()]
    const plan = new Plan(members, this.#atoms)
    if (open.isOwnSet) this.#plans.set(open, plan)
    else this.#planOfAll = plan
    return plan
  }

  explain(index: number): readonly Witness[] {
    const view = this.#explainView
    this.#conditions[index] ??= compileCondition(this.#filterAt(index).expression, view)
    view.turnTo(this.#predicates.slots.document)
    const witnesses: Witness[] = []
    this.#conditions[index]?.explain(view, (witness) => {
      if (witnesses.length < this.#witnessesMax) witnesses.push(witness)
      return witnesses.length < this.#witnessesMax
    })
    return witnesses
  }

  counts(index: number): FilterCounts {
    this.#filterAt(index)
    return {
      evaluated: this.#evaluated[index] ?? 0,
      matched: this.#matched[index] ?? 0,
      errored: this.#errored[index] ?? 0,
    }
  }

  setCounts(index: number, { evaluated, matched, errored }: FilterCounts): void {
    this.#filterAt(index)
    this.#evaluated[index] = evaluated
    this.#matched[index] = matched
    this.#errored[index] = errored
  }

  #filterAt(index: number): RoutedFilter {
    const filter = this.#filters[index]
    if (filter === undefined) throw new RangeError(`no filter ${index}`)
    return filter
  }
}

const PRODUCT = ['product']
const SERVICE = ['service']
const CATEGORY = ['category']

// oxlint-disable-next-line max-params -- called for every event
function originOf(document: object, action: unknown): Origin {
  return {
    action,
    product: fieldValue(document, PRODUCT),
    service: fieldValue(document, SERVICE),
    category: fieldValue(document, CATEGORY),
  }
}
