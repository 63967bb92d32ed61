import type { EcsEvent, TenantId } from '@pomona/schema'
import { type EventFacts, type Evidence, factsOf } from '../evidence.ts'
import type { EventContext } from '../event-view.ts'
import type { RulePlan } from '../plan.ts'
import type { Lens } from './lens.ts'

/** An event that takes part in something, with what is needed of it read out. */
export interface PlacedEvent {
  readonly tenantId: TenantId
  readonly hostId: string
  readonly eventId: string
  readonly time: string
  readonly event: EcsEvent
}

/** Finds the exception of a rule that an event falls under; answers its id. */
export type ExceptionFinder = (rule: number, event: EcsEvent) => string | undefined

/** Host of an event as the scope of what happens on it. Neither part holds a line feed. */
export function hostScope({ tenantId, hostId }: { tenantId: string; hostId: string }): string {
  return `${tenantId}\n${hostId}`
}

/** The tenant of a scope, whether it is a host or a tenant itself. */
export function tenantOf(scope: string): TenantId {
  const end = scope.indexOf('\n')
  return (end < 0 ? scope : scope.slice(0, end)) as TenantId // Scopes are made of one.
}

/** Command lines of evidence are cut to this: partials are many, and kept for minutes. */
const COMMAND_CHARS_MAX = 1_024

/** The event that is evaluated, for all rules that look at it. Turned from one to the next. */
export class Occasion {
  readonly lens: Lens
  readonly #plan: RulePlan
  readonly #exceptionOf: ExceptionFinder
  #placed: PlacedEvent | undefined
  #facts: EventFacts | undefined
  #timeMs = 0

  constructor(plan: RulePlan, lens: Lens, exceptionOf: ExceptionFinder) {
    this.#plan = plan
    this.lens = lens
    this.#exceptionOf = exceptionOf
  }

  turnTo(placed: PlacedEvent, timeMs: number, context: EventContext): void {
    this.#placed = placed
    this.#timeMs = timeMs
    this.#facts = undefined
    this.lens.turnTo(placed.event, placed.eventId, context)
  }

  get timeMs(): number {
    return this.#timeMs
  }

  get placed(): PlacedEvent {
    if (this.#placed === undefined) throw new Error('no event is at hand')
    return this.#placed
  }

  /**
   * What is kept of the event for a rule.
   *
   * @param name Of the step; without it the rule's own names are shown.
   */
  evidence(rule: number, filter: number, name?: string): Evidence {
    this.#facts ??= factsOf(this.placed, COMMAND_CHARS_MAX)
    const fields = this.lens.fields(this.#plan.fedFields[rule] ?? [])
    const exceptionId = this.#exceptionOf(rule, this.placed.event)
    return {
      facts: this.#facts,
      matches: this.lens.matches(filter, name),
      ...(fields === undefined ? {} : { fields }),
      ...(exceptionId === undefined ? {} : { exceptionId }),
    }
  }
}
