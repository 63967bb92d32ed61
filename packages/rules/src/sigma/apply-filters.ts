import type { DetectionDraft, FilterDraft, FilterPart, RuleDraft } from '../draft.ts'
import type { Category } from '../mapping/mapping.ts'
import { nodeCount } from '../node-count.ts'
import { logsourceContains } from './filter.ts'

const FILTERS_EACH_MAX = 100
const NODES_MAX = 2_000_000

/** A filter and what it came to. */
export interface AppliedFilter {
  readonly draft: FilterDraft
  /** Detections it was added to, by their place among the drafts. */
  readonly rules: readonly number[]
}

/** What filters add to each detection, and where each filter went. */
export interface FilterPlan {
  /** By the place of a detection among the drafts. */
  readonly parts: ReadonlyMap<number, readonly FilterPart[]>
  readonly applied: readonly AppliedFilter[]
}

/**
 * Finds the detections that filters belong to: those of the filter's logsource that it names by id,
 * name or title, or all of them. Never correlations.
 *
 * A filter makes `(rule) and (filter)`, so one that excludes is written `not selection`. Each is
 * compiled by itself, so that its names and patterns of names never meet those of a rule.
 *
 * @see pySigma, `sigma/filters.py`; rsigma reads `rule and not filter` instead.
 */
export function planFilters(drafts: readonly RuleDraft[]): FilterPlan {
  const filters = drafts.flatMap((draft) => (draft.kind === 'filter' ? [new Filter(draft)] : []))
  const forAll = filters.filter(({ draft }) => draft.section.rules === undefined)
  const byReference = Map.groupBy(
    filters.flatMap((filter) =>
      (filter.draft.section.rules ?? []).map(({ text }) => ({ text, filter })),
    ),
    ({ text }) => text,
  )
  const planned = new Map<number, readonly PlannedPart[]>()
  let nodesLeft = NODES_MAX
  for (const [index, draft] of drafts.entries()) {
    if (draft.kind !== 'detection' || filters.length === 0) continue
    const { id, name, title } = draft.names
    const named = [id, name, title].flatMap((text) => {
      return text === undefined ? [] : (byReference.get(text) ?? []).map(({ filter }) => filter)
    })
    const added: PlannedPart[] = []
    for (const filter of new Set([...forAll, ...named])) {
      if (!logsourceContains({ filter: filter.draft.section.logsource, rule: draft.logsource }))
        continue
      filter.isNamed = true
      const { part, nodes } = filter.partFor(draft)
      if (part === undefined) continue
      if (added.length >= FILTERS_EACH_MAX || nodes > nodesLeft) {
        filter.refuse()
        continue
      }
      nodesLeft -= nodes
      added.push({ filter, part })
      filter.rules.push(index)
    }
    if (added.length > 0) planned.set(index, added)
  }
  for (const filter of filters) filter.warnUnused()
  return { parts: partsOf(planned), applied: filters }
}

interface PlannedPart {
  readonly filter: Filter
  readonly part: FilterPart
}

/** A filter that turned out to be broken is part of no rule. */
function partsOf(
  planned: ReadonlyMap<number, readonly PlannedPart[]>,
): ReadonlyMap<number, readonly FilterPart[]> {
  const parts = new Map<number, readonly FilterPart[]>()
  for (const [index, added] of planned) {
    const whole = added.filter(({ filter }) => !filter.draft.place.report.fatal)
    if (whole.length > 0)
      parts.set(
        index,
        whole.map(({ part }) => part),
      )
  }
  return parts
}

interface CompiledPart {
  readonly part: FilterPart | undefined
  readonly nodes: number
}

class Filter {
  readonly draft: FilterDraft
  readonly rules: number[] = []
  isNamed = false
  /** Field names mean different things in different categories, and nothing else does. */
  readonly #byCategory = new Map<Category | undefined, CompiledPart>()
  #isRefused = false

  constructor(draft: FilterDraft) {
    this.draft = draft
  }

  partFor({ category }: DetectionDraft): CompiledPart {
    const known = this.#byCategory.get(category)
    if (known !== undefined) return known
    const part = this.draft.compile(category)
    const made = { part, nodes: part === undefined ? 0 : nodeCount(part.expression) }
    this.#byCategory.set(category, made)
    return made
  }

  refuse(): void {
    if (this.#isRefused) return
    this.#isRefused = true
    const message =
      `Not every rule gets this filter: one takes at most ${FILTERS_EACH_MAX} filters, ` +
      `and all together add at most ${NODES_MAX} tests.`
    this.draft.place.report.add('ERR_RULE_TOO_LARGE', message, { at: this.draft.at })
  }

  warnUnused(): void {
    if (this.isNamed) return
    // Its condition is read all the same: what is wrong with it should not wait for its rules.
    this.draft.compile(undefined)
    const message = 'No rule that is loaded here belongs to this filter.'
    this.draft.place.report.add('WARN_RULE_FILTER_UNUSED', message, { at: this.draft.at })
  }
}
