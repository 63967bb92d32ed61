import type { SourceFilter } from '@pomona/sensor'
import { isBulkType, isTelling } from '../pipeline/priority.ts'
import type { Budget } from './budget.ts'

/** Of so many bulk events one is kept at the first step of the throttle. */
const KEPT_OF = 4
/** Reason under which the ledger has what was left out. */
const REASON = 'budget'

/**
 * Leaves out bulk events while the agent costs more than it may, before they are parsed. Events at
 * places where it matters are kept, and everything the policy leaves out goes by its own reason.
 */
export function throttled(policy: SourceFilter, budget: Pick<Budget, 'throttle'>): SourceFilter {
  let turn = 0
  return {
    ofLine(glance, text) {
      const reason = policy.ofLine(glance, text)
      if (reason !== undefined || budget.throttle === 0) return reason
      // A path with escaped slashes cannot be looked at without parsing, and is rare.
      const isKept = !isBulkType(glance.type) || isTelling(text) || text.includes('\\/')
      if (isKept) return undefined
      turn = (turn + 1) % KEPT_OF
      return budget.throttle === 1 && turn === 0 ? undefined : REASON
    },
    ofRecord: (message) => policy.ofRecord(message),
  }
}
