import type { Filter } from '@pomona/rules'
import { EventView, type FieldLookup } from '../event-view.ts'
import { FullScan } from '../full-scan.ts'
import type { Witness } from '../condition.ts'
import { compileRuler, type Ruler } from './closeness.ts'
import { type EventPlace, NearestEvents, type NearMiss } from './near-miss.ts'

/** An event a rule holds for, and why. */
export interface ExplainedMatch {
  readonly place: EventPlace
  readonly witnesses: readonly Witness[]
}

/** Why a filter held or did not, over all events it was shown. */
export interface FilterExplanation {
  readonly events: number
  readonly matches: number
  /** The first matches. */
  readonly matched: readonly ExplainedMatch[]
  /** Of the others the nearest. */
  readonly nearest: readonly NearMiss[]
}

/** Bounds of an explanation. */
export interface ExplainLimits {
  /** Matches and near misses told of each filter. Default 5. */
  readonly toldMax?: number
  readonly lookup?: FieldLookup
}

/** Default of {@link ExplainLimits.toldMax}. */
export const TOLD_MAX = 5

/** Watches one filter over many events. Memory does not grow with them. */
export class FilterExplainer {
  readonly #view: EventView
  readonly #matcher: FullScan
  readonly #ruler: Ruler
  readonly #nearest: NearestEvents
  readonly #toldMax: number
  readonly #matched: ExplainedMatch[] = []
  #events = 0
  #matches = 0

  constructor(filter: Filter, { toldMax = TOLD_MAX, lookup = 'nested' }: ExplainLimits = {}) {
    this.#toldMax = toldMax
    this.#view = new EventView(lookup)
    this.#matcher = new FullScan([filter], { lookup })
    this.#ruler = compileRuler(filter, this.#view)
    this.#nearest = new NearestEvents(toldMax)
  }

  /** @returns Whether the filter holds for the event. */
  take(document: object, place: EventPlace): boolean {
    this.#events += 1
    if (this.#matcher.match(document).length > 0) {
      this.#matches += 1
      if (this.#matched.length < this.#toldMax) {
        this.#matched.push({ place, witnesses: this.#matcher.explain(0) })
      }
      return true
    }
    this.#view.turnTo(document)
    this.#nearest.add(place, this.#ruler(this.#view, document))
    return false
  }

  explanation(): FilterExplanation {
    return {
      events: this.#events,
      matches: this.#matches,
      matched: [...this.#matched],
      nearest: [...this.#nearest.events],
    }
  }
}
