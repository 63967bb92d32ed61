import type { Expression, LogSource } from '@pomona/rules'
import { foldCase } from '../fold.ts'
import { compileGate, type GateCheck } from '../gate.ts'
import type { MatcherOptions, RoutedFilter } from '../matcher.ts'
import { plainLeaf } from './leaf.ts'

/** Origins of events that are remembered; beyond it all are forgotten and learnt again. */
const ORIGINS_MAX = 4_096
/** Sets of filters that get an index of their own. */
const SETS_MAX = 64
/** Filters in these sets together, for each filter there is. */
const SET_MEMBERS_RATIO = 12

/** Numbers of what an event says; filters' values have those from 2 on. */
const UNSAID = 0
const UNKNOWN = 1

/** The origin of an event that says nothing. */
export const NOWHERE: Origin = {
  action: undefined,
  product: undefined,
  service: undefined,
  category: undefined,
}

/** Values that make a difference, numbered. */
class Vocabulary {
  readonly #numbers = new Map<string, number>()

  get size(): number {
    return this.#numbers.size + 2
  }

  add(value: string): number {
    const number = this.#numbers.get(value) ?? this.size
    this.#numbers.set(value, number)
    return number
  }

  numberOf(value: unknown): number {
    return typeof value === 'string' ? (this.#numbers.get(value) ?? UNKNOWN) : UNSAID
  }

  /** As `numberOf`, for values that are compared without case. */
  numberOfLower(value: unknown): number {
    if (typeof value !== 'string') return UNSAID
    return this.#numbers.get(value) ?? this.#numbers.get(value.toLowerCase()) ?? UNKNOWN
  }
}

/** Filters that ask for the same of where an event comes from. */
interface RouteClass {
  /** None means any. */
  readonly actions: readonly number[]
  /** Actions, folded, that the expression cannot do without; absent when it can do with any. */
  readonly needed: readonly number[] | undefined
  /** What the gate asks for beside the action. */
  readonly checks: readonly GateCheck[] | undefined
  /** Numbers of product, service and category; `UNSAID` where any will do. */
  readonly route: readonly number[]
  readonly members: number[]
}

/** What an event says of where it comes from. */
export interface Origin {
  readonly action: unknown
  readonly product: unknown
  readonly service: unknown
  readonly category: unknown
}

/** The filters that events of one origin are tried on. */
export interface OpenFilters {
  readonly members: readonly number[]
  /** By class of filters. */
  readonly isOpen: Uint8Array
  /** An index over exactly these filters is worth its memory. */
  readonly isOwnSet: boolean
}

/**
 * Says which filters an event may reach by its `event.action` and, where events are routed, by its
 * `product`, `service` and `category`. Decided once for every origin, not once an event.
 */
export class Routes {
  /** Whether product, service and category of an event make a difference. */
  readonly isRouted: boolean
  readonly #actions = new Vocabulary()
  readonly #neededActions = new Vocabulary()
  readonly #isNested: boolean
  readonly #products = new Vocabulary()
  readonly #services = new Vocabulary()
  readonly #categories = new Vocabulary()
  readonly #classes: RouteClass[] = []
  /** By filter. */
  readonly #classOf: Int32Array
  readonly #sets = new Map<string, OpenFilters>()
  #setMembers = 0
  readonly #origins = new Map<number, OpenFilters>()
  /** Events that follow one another often come from the same place. */
  #last: Origin = NOWHERE
  #lastOpen: OpenFilters | undefined

  constructor(filters: readonly RoutedFilter[], { lookup, route }: Required<RouteOptions>) {
    this.isRouted = route
    this.#isNested = lookup === 'nested'
    this.#classOf = new Int32Array(filters.length)
    const numbers = new Map<string, number>()
    for (const [index, filter] of filters.entries()) {
      const found = this.#classFor(filter)
      const { actions, needed, checks, route: wanted } = found
      const gate = checks === undefined ? actions : filter.gate.events
      const key = JSON.stringify([gate, needed, wanted])
      const known = numbers.get(key)
      const number = known ?? this.#classes.length
      if (known === undefined) {
        numbers.set(key, number)
        this.#classes.push({ ...found, members: [] })
      }
      this.#classes[number]?.members.push(index)
      this.#classOf[index] = number
    }
  }

  #classFor({ gate, expression, logsource = {} }: RoutedFilter): Omit<RouteClass, 'members'> {
    // With literal names the field may stand elsewhere than where gates look.
    const needed = this.#isNested ? neededActions(expression) : undefined
    return {
      needed: needed && [...needed].map((action) => this.#neededActions.add(action)),
      actions: gate.events.map(({ action }) => this.#actions.add(action)),
      checks: compileGate(gate),
      route: this.isRouted ? this.#routeOf(logsource) : [],
    }
  }

  #routeOf({ product, service, category }: LogSource): readonly number[] {
    const numberIn = (vocabulary: Vocabulary, value: string | undefined): number =>
      value === undefined ? UNSAID : vocabulary.add(value.toLowerCase())
    return [
      numberIn(this.#products, product),
      numberIn(this.#services, service),
      numberIn(this.#categories, category),
    ]
  }

  /** Whether every event may reach every filter. */
  get isOneSet(): boolean {
    const [first] = this.#classes
    const isAny = first?.actions.length === 0 && first.needed === undefined
    return isAny && this.#classes.length === 1 && first.route.every((part) => part === UNSAID)
  }

  /** Number of the class a filter is in. */
  classOf(filter: number): number {
    return this.#classOf[filter] ?? 0
  }

  /** What the gates of a class ask for beside the action; `undefined` when nothing. */
  checksOf(number: number): readonly GateCheck[] | undefined {
    return this.#classes[number]?.checks
  }

  /** The filters that are open to an event, all that a gate asks for beside the action left out. */
  openTo(says: Origin): OpenFilters {
    const { action, product, service, category } = says
    const last = this.#last
    const isSame = action === last.action && product === last.product
    if (!isSame || service !== last.service || category !== last.category) {
      this.#last = { action, product, service, category }
      this.#lastOpen = undefined
    }
    this.#lastOpen ??= this.#find(says)
    return this.#lastOpen
  }

  #find(says: Origin): OpenFilters {
    const { action } = says
    const exact = this.#actions.numberOf(action)
    const folded = typeof action === 'string' ? this.#foldedNumber(action) : UNSAID
    const said = this.isRouted ? this.#saidBy(says) : UNSAID
    const origin = (said * this.#actions.size + exact) * this.#neededActions.size + folded
    const known = this.#origins.get(origin)
    if (known !== undefined) return known
    const open = this.#setFor(says, { exact, folded })
    if (this.#origins.size >= ORIGINS_MAX) this.#origins.clear()
    this.#origins.set(origin, open)
    return open
  }

  #foldedNumber(action: string): number {
    const number = this.#neededActions.numberOf(action)
    return number === UNKNOWN ? this.#neededActions.numberOf(foldCase(action)) : number
  }

  #partsOf({ product, service, category }: Origin): readonly [number, number, number] {
    return [
      this.#products.numberOfLower(product),
      this.#services.numberOfLower(service),
      this.#categories.numberOfLower(category),
    ]
  }

  #saidBy(says: Origin): number {
    const [product, service, category] = this.#partsOf(says)
    return (product * this.#services.size + service) * this.#categories.size + category
  }

  #setFor(says: Origin, { exact, folded }: ActionNumbers): OpenFilters {
    const said = this.#partsOf(says)
    const open = this.#classes.map(({ actions, needed, route }) => {
      const isAction = actions.length === 0 || actions.includes(exact)
      // An event whose action is no text may still hold one, in a list.
      const isNeeded = needed === undefined || folded === UNSAID || needed.includes(folded)
      return (
        isAction &&
        isNeeded &&
        route.every((wanted, part) => isCompatible(wanted, said[part] ?? UNSAID))
      )
    })
    const key = open.map(Number).join('')
    const known = this.#sets.get(key)
    if (known !== undefined) return known
    const members = this.#classes
      .flatMap(({ members: own }, number) => (open[number] === true ? own : []))
      .toSorted((left, right) => left - right)
    const set = this.#set(members, Uint8Array.from(open, Number))
    if (this.#sets.size < ORIGINS_MAX) this.#sets.set(key, set)
    return set
  }

  #set(members: readonly number[], isOpen: Uint8Array): OpenFilters {
    const total = this.#setMembers + members.length
    const isOwnSet = this.#sets.size < SETS_MAX && total <= this.#classOf.length * SET_MEMBERS_RATIO
    if (isOwnSet) this.#setMembers = total
    return { members, isOpen, isOwnSet }
  }
}

interface ActionNumbers {
  readonly exact: number
  readonly folded: number
}

/** What of a matcher's options decides routes. */
type RouteOptions = Pick<MatcherOptions, 'lookup' | 'route'>

/**
 * The values of `event.action`, folded, of which an event must have one for the expression to hold;
 * `undefined` when it may have any.
 */
function neededActions(expression: Expression): ReadonlySet<string> | undefined {
  if (expression.kind === 'and') {
    for (const operand of expression.operands) {
      const needed = neededActions(operand)
      if (needed !== undefined) return needed
    }
    return undefined
  }
  if (expression.kind === 'or') {
    const parts = expression.operands.map(neededActions)
    const known = parts.filter((part) => part !== undefined)
    return known.length < parts.length ? undefined : new Set(known.flatMap((part) => [...part]))
  }
  const plain = expression.kind === 'test' ? plainLeaf(expression) : undefined
  const isWhole = plain?.field === 'event.action' && plain.place === 'whole'
  return isWhole ? new Set([foldCase(plain.text)]) : undefined
}

// oxlint-disable-next-line max-params -- what a rule wants and what an event says
function isCompatible(wanted: number, said: number): boolean {
  return wanted === UNSAID || said === UNSAID || wanted === said
}
