import { isExceptionFor, type Rule, type RuleException } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'
import { compileCondition, type Condition } from './condition.ts'
import { EventView } from './event-view.ts'
import { timeMsOf } from './time/event-time.ts'

interface CompiledException {
  readonly exception: RuleException
  readonly condition: Condition
}

const NONE: readonly CompiledException[] = []

/** The exceptions in force, by the rules they are for. */
export class Exceptions {
  readonly #view = new EventView('nested')
  /** By index of the rule. */
  readonly #byRule: readonly (readonly CompiledException[])[]
  readonly #byId: ReadonlyMap<string, RuleException>

  constructor(rules: readonly Rule[], exceptions: readonly RuleException[]) {
    const compiled = exceptions.map((exception) => ({
      exception,
      condition: compileCondition(exception.filter.expression, this.#view),
    }))
    this.#byRule = rules.map((rule) => {
      const own = compiled.filter(({ exception }) => isExceptionFor(exception, rule))
      return own.length === 0 ? NONE : own
    })
    this.#byId = new Map(exceptions.map((exception) => [exception.id, exception]))
  }

  /** Finds the first exception of a rule that an event falls under; answers its id. */
  find(rule: number, event: EcsEvent): string | undefined {
    const candidates = this.#byRule[rule] ?? NONE
    if (candidates.length === 0) return undefined
    this.#view.turnTo(event)
    const found = candidates.find(({ exception, condition }) => {
      return isInForce(exception, event) && holds(condition, this.#view)
    })
    return found?.exception.id
  }

  get(id: string): RuleException | undefined {
    return this.#byId.get(id)
  }
}

function isInForce({ expiresMs, hosts }: RuleException, event: EcsEvent): boolean {
  const { id, name } = event.host ?? {}
  const isHere = hosts.length === 0 || [id, name].some((each) => each && hosts.includes(each))
  if (!isHere || expiresMs === undefined) return isHere
  // An event without a time is not known to be in time.
  return timeMsOf(event['@timestamp'] ?? '') < expiresMs
}

// An exception that cannot be judged hides nothing.
function holds(condition: Condition, view: EventView): boolean {
  try {
    return condition.holds(view)
  } catch {
    return false
  }
}
