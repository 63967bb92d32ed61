import type { TenantId } from '@pomona/schema'
import type { Evidence } from '../evidence.ts'

/** A rule that held, wherever in the engine. */
export interface RuleMatch {
  /** Index of the rule. */
  readonly rule: number
  readonly tenantId: TenantId
  /** Scope of the host of the last event. */
  readonly host: string
  /** Time of the last event. */
  readonly timeMs: number
  /** Of a correlation, the key of its window. */
  readonly key?: string
  /** What the events have in common, as people read it. */
  readonly groupKey: string
  /** Of every event, in order. */
  readonly evidence: readonly Evidence[]
}
