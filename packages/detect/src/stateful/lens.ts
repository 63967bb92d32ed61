import type { JoinKey } from '@pomona/rules'
import type { MatchedPredicate } from '@pomona/schema'
import { compileCondition, type Condition } from '../condition.ts'
import { cut } from '../evidence.ts'
import { type EventContext, EventView } from '../event-view.ts'
import { compileKey, type KeyReader } from '../join-key.ts'
import type { RulePlan } from '../plan.ts'

/** Bounds on what is shown of a match. */
export interface LensLimits {
  readonly matchesMax: number
  readonly valueCharsMax: number
}

/** Values that were kept of an earlier step's event, by field. */
export type Memory = Readonly<Record<string, unknown>>

/**
 * One event as rules over several events look at it: filters in full, with what is known of other
 * events; keys; and what made a filter hold. Turned from event to event.
 */
export class Lens {
  readonly #plan: RulePlan
  readonly #limits: LensLimits
  readonly #view = new EventView('nested')
  /** Compiled when first asked, as the conditions. */
  readonly #keys = new Map<readonly JoinKey[], KeyReader>()
  /** Compiled when first asked: most filters never are. */
  readonly #conditions: (Condition | undefined)[]
  readonly #errored: number[]
  #eventId = ''

  constructor(plan: RulePlan, limits: LensLimits) {
    this.#plan = plan
    this.#limits = limits
    this.#conditions = plan.filters.map(() => undefined)
    this.#errored = plan.filters.map(() => 0)
  }

  /** Turns to the next event. */
  turnTo(event: object, eventId: string, context: EventContext): void {
    this.#view.turnTo(event, context)
    this.#eventId = eventId
  }

  /** Whether a filter holds in full. One that fails on the event is counted and does not. */
  holds(filter: number): boolean {
    try {
      return this.#condition(filter).holds(this.#view)
    } catch {
      this.#errored[filter] = (this.#errored[filter] ?? 0) + 1
      return false
    }
  }

  /** Whether a filter holds in full, with what was kept of earlier steps' events. */
  holdsAfter(filter: number, earlier: readonly (Memory | undefined)[]): boolean {
    this.#view.lookBack((step, index) => earlier[step]?.[this.#view.nameOf(index)])
    return this.holds(filter)
  }

  /** How often a filter could not be evaluated here. */
  errored(filter: number): number {
    return this.#errored[filter] ?? 0
  }

  setErrored(filter: number, count: number): void {
    this.#errored[filter] = count
  }

  /**
   * The predicates that made a filter hold.
   *
   * @param name Shown in place of the rule's own names, such as the step.
   */
  matches(filter: number, name?: string): readonly MatchedPredicate[] {
    const { matchesMax, valueCharsMax } = this.#limits
    const matches: MatchedPredicate[] = []
    this.#condition(filter).explain(this.#view, (witness) => {
      if (matches.length >= matchesMax) return false
      const { selection, field, operator, pattern, value } = witness
      matches.push({
        event_id: this.#eventId,
        selection: name ?? selection,
        field,
        operator,
        pattern: cut(pattern, valueCharsMax),
        value: cut(value, valueCharsMax),
      })
      return matches.length < matchesMax
    })
    return matches
  }

  /** The join key of the event, as text; `undefined` when a part of it is absent. */
  key(keys: readonly JoinKey[]): string | undefined {
    if (keys.length === 0) return ''
    let read = this.#keys.get(keys)
    if (read === undefined) {
      read = compileKey(keys, this.#view)
      this.#keys.set(keys, read)
    }
    const parts = read(this.#view)
    return parts === undefined ? undefined : JSON.stringify(parts)
  }

  /** The value of the first of these fields that has one. */
  first(fields: readonly string[]): unknown {
    for (const field of fields) {
      const value = this.#view.value(this.#view.indexOf(field))
      if (value !== undefined && value !== null) return value
    }
    return undefined
  }

  /** The values of fields that have one; `undefined` when none has. */
  fields(names: readonly string[]): Memory | undefined {
    let found: Record<string, unknown> | undefined
    for (const name of names) {
      const value = this.#view.value(this.#view.indexOf(name))
      if (value !== undefined) (found ??= {})[name] = value
    }
    return found
  }

  #condition(index: number): Condition {
    const known = this.#conditions[index]
    if (known !== undefined) return known
    const planned = this.#plan.filters[index]
    if (planned === undefined) throw new RangeError(`no filter ${index}`)
    const condition = compileCondition(planned.filter.expression, this.#view)
    this.#conditions[index] = condition
    return condition
  }
}

/** A key made of values, as people read it. */
export function readableKey(key: string): string {
  const values: unknown = JSON.parse(key)
  if (!Array.isArray(values)) return key
  const texts = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  return texts.join(' | ')
}
