import type { Rule } from '@pomona/rules'
import { isContextual, weakened } from '../contextual.ts'
import { type CorrelationExplanation, CorrelationExplainer } from './correlation-explainer.ts'
import {
  type ExplainLimits,
  FilterExplainer,
  type FilterExplanation,
  TOLD_MAX,
} from './filter-explainer.ts'
import { type LineageExplanation, LineageExplainer } from './lineage-explainer.ts'
import type { PartExplainer, PlacedEvent, ToldMatch } from './part.ts'
import { type SequenceExplanation, SequenceExplainer } from './sequence-explainer.ts'

/** Why what a rule looks for was found or not, by what kind of rule it is. */
export interface BodyExplanation {
  /** Of a rule about single events, without what it asks of other events. */
  readonly filter?: FilterExplanation
  readonly lineage?: readonly LineageExplanation[]
  readonly sequence?: SequenceExplanation
  readonly correlation?: CorrelationExplanation
}

/** Watches what a rule looks for, and of a correlation what each rule behind it looks for. */
export class BodyExplainer implements PartExplainer {
  /** Whether an event by itself decides; otherwise the engine has to say what matched. */
  readonly isPlain: boolean
  readonly #filter: FilterExplainer | undefined
  readonly #lineage: LineageExplainer | undefined
  readonly #sequence: SequenceExplainer | undefined
  readonly #correlation: CorrelationExplainer | undefined

  /** @param rules The rule's own and, of a correlation, those it refers to, however deep. */
  constructor(
    { body }: Rule,
    { rules, limits }: { readonly rules: readonly Rule[]; readonly limits: ExplainLimits },
  ) {
    if (body.kind === 'event') {
      this.#filter = new FilterExplainer(weakened(body), limits)
      const toldMax = limits.toldMax ?? TOLD_MAX
      if (isContextual(body)) this.#lineage = new LineageExplainer(body, { toldMax })
    } else if (body.kind === 'correlation') {
      const partOf = (rule: Rule): PartExplainer => new BodyExplainer(rule, { rules, limits })
      this.#correlation = new CorrelationExplainer(body, { rules, limits, partOf })
    } else {
      this.#sequence = new SequenceExplainer({ scope: 'host', ...body, kind: 'sequence' }, limits)
    }
    this.isPlain = body.kind === 'event' && this.#lineage === undefined
  }

  /** @returns Whether the event by itself may be a match. */
  take(document: object, { place, timeMs }: PlacedEvent): boolean {
    const isCandidate = this.#filter?.take(document, place) ?? false
    this.#lineage?.take(document, { place, isCandidate })
    if (timeMs === undefined) return isCandidate
    this.#sequence?.take(document, { place, timeMs })
    this.#correlation?.take(document, { place, timeMs })
    return isCandidate
  }

  tell(match: ToldMatch): void {
    this.#correlation?.tell(match)
  }

  explanation(): BodyExplanation {
    const filter = this.#filter?.explanation()
    return {
      ...(filter === undefined ? {} : { filter }),
      ...(this.#lineage === undefined ? {} : { lineage: this.#lineage.explanation() }),
      ...(this.#sequence === undefined ? {} : { sequence: this.#sequence.explanation() }),
      ...(this.#correlation === undefined ? {} : { correlation: this.#correlation.explanation() }),
    }
  }
}
