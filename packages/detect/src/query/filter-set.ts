import type { Filter, JoinKey } from '@pomona/rules'
import { compileCondition } from '../condition.ts'
import { type EventContext, EventView, type EarlierValue } from '../event-view.ts'
import { actionOf, admits, compileGate } from '../gate.ts'
import { compileKey } from '../join-key.ts'

/** A filter with its key, ready to be asked of the event at hand. */
export interface CompiledStep {
  /** Whether it holds; cross-step fields are asked of what `earlier` gives. */
  readonly holds: (earlier?: EarlierValue) => boolean
  readonly key: () => readonly unknown[] | undefined
}

function nothing(): undefined {
  return undefined
}

/** The filters of one query over one view, turned from event to event. */
export class FilterSet {
  readonly view = new EventView('literal')
  #event: object = {}

  /** Turns to the next event. */
  turnTo(event: object, context?: EventContext): void {
    this.#event = event
    this.view.turnTo(event, context)
  }

  /** Compiles a filter; before the first event only. */
  compile({ gate, expression }: Filter, keys: readonly JoinKey[] = []): CompiledStep {
    const { holds } = compileCondition(expression, this.view)
    const actions: ReadonlySet<unknown> = new Set(gate.events.map(({ action }) => action))
    const checks = compileGate(gate)
    const key = compileKey(keys, this.view)
    const isAdmitted = (): boolean => {
      if (actions.size === 0) return true
      const action = actionOf(this.#event)
      if (!actions.has(action)) return false
      return checks === undefined || admits(checks, { document: this.#event, action })
    }
    return {
      holds: (earlier) => {
        if (!isAdmitted()) return false
        // Always given anew: what was asked of other earlier events is not what is asked now.
        this.view.lookBack(earlier ?? nothing)
        return holds(this.view)
      },
      key: () => key(this.view),
    }
  }
}
