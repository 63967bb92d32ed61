import type { BodyExplanation } from './body-explainer.ts'
import type { EventPlace } from './near-miss.ts'

/** Where an event stands, and when it happened where that can be read. */
export interface PlacedEvent {
  readonly place: EventPlace
  readonly timeMs?: number
}

/** What the engine found for a rule behind a correlation. */
export interface ToldMatch {
  readonly ruleId: string
  /** Its events, in order. */
  readonly documents: readonly object[]
  /** Of the last event. */
  readonly place: EventPlace
  readonly timeMs: number
  /** As the alert would say it. */
  readonly groupKey: string
}

/** What watches a rule behind a correlation. */
export interface PartExplainer {
  /** Whether an event by itself decides; otherwise the engine has to say what matched. */
  readonly isPlain: boolean
  take(document: object, at: PlacedEvent): boolean
  tell(match: ToldMatch): void
  explanation(): BodyExplanation
}
