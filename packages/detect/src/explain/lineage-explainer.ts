import {
  type Expression,
  type Filter,
  type LineageRelation,
  type LineageTest,
  unparse,
} from '@pomona/rules'
import { fieldPath, fieldValue } from '@pomona/schema'
import { weakened } from '../contextual.ts'
import { EventView } from '../event-view.ts'
import { compileRuler, type Distance, type Ruler } from './closeness.ts'
import type { EventPlace } from './near-miss.ts'

/** One process image of a chain of ancestors. */
export interface AncestorExplanation {
  readonly entity_id: string
  readonly executable?: string
  /** How it is reached from the image before it in the list. */
  readonly via: 'itself' | 'image before exec' | 'parent'
  /** Whether the relation of the rule looks at this image. */
  readonly asked: boolean
  /** The event for which the subject held. */
  readonly held?: EventPlace
  /** Of its events the one nearest to the subject; absent when none was seen. */
  readonly nearest?: Distance & { readonly place: EventPlace }
}

/** Where the process of one event came from. */
export interface DescentExplanation {
  readonly place: EventPlace
  readonly ancestors: readonly AncestorExplanation[]
}

/** What a question of lineage found. */
export interface LineageExplanation {
  readonly relation: LineageRelation
  /** The question about the ancestor, as text. */
  readonly subject: string
  /** Of events for which the rest of the rule holds, the first ones. */
  readonly descents: readonly DescentExplanation[]
}

const PROCESSES_MAX = 50_000
const ANCESTORS_MAX = 32
const SUBJECT_CHARS_MAX = 300
const ENTITY = fieldPath('process.entity_id')
const PARENT = fieldPath('process.parent.entity_id')
const PREVIOUS = fieldPath('macos.process.previous_entity_id')
const EXECUTABLE = fieldPath('process.executable')

interface Nearest extends Distance {
  readonly place: EventPlace
}

interface Relative {
  parentId?: string | undefined
  previousId?: string | undefined
  executable?: string | undefined
  /** By subject: the nearest of its events. */
  readonly nearest: (Nearest | undefined)[]
}

/** Watches which processes come from which, and what the subjects of a filter say of each. */
export class LineageExplainer {
  readonly #leaves: readonly LineageTest[]
  readonly #view = new EventView('nested')
  readonly #rulers: readonly Ruler[]
  readonly #relatives = new Map<string, Relative>()
  readonly #descendants: { readonly place: EventPlace; readonly entityId: string }[] = []
  readonly #toldMax: number

  constructor(filter: Filter, { toldMax }: { readonly toldMax: number }) {
    this.#toldMax = toldMax
    this.#leaves = lineageLeaves(filter.expression)
    this.#rulers = this.#leaves.map(({ subject }) => compileRuler(weakened(subject), this.#view))
  }

  /** @param isCandidate Whether the rest of the rule holds for the event. */
  take(document: object, at: { readonly place: EventPlace; readonly isCandidate: boolean }): void {
    const entityId = textAt(document, ENTITY)
    if (entityId === undefined) return
    const { place, isCandidate } = at
    if (isCandidate && this.#descendants.length < this.#toldMax) {
      this.#descendants.push({ place, entityId })
    }
    const relative = this.#relative(entityId)
    if (relative === undefined) return
    relative.parentId ??= textAt(document, PARENT)
    relative.previousId ??= textAt(document, PREVIOUS)
    relative.executable ??= textAt(document, EXECUTABLE)
    this.#view.turnTo(document)
    for (const [subject, ruler] of this.#rulers.entries()) {
      const distance = ruler(this.#view, document)
      const known = relative.nearest[subject]
      if (known !== undefined && known.missed <= distance.missed) continue
      relative.nearest[subject] = { ...distance, place }
    }
  }

  #relative(entityId: string): Relative | undefined {
    const known = this.#relatives.get(entityId)
    if (known !== undefined || this.#relatives.size >= PROCESSES_MAX) return known
    const relative: Relative = { nearest: [] }
    this.#relatives.set(entityId, relative)
    return relative
  }

  explanation(): readonly LineageExplanation[] {
    return this.#leaves.map(({ relation, subject }, index) => ({
      relation,
      subject: unparse(subject.expression, SUBJECT_CHARS_MAX),
      descents: this.#descendants.map(({ place, entityId }) => {
        return { place, ancestors: this.#ancestors(entityId, { relation, subject: index }) }
      }),
    }))
  }

  #ancestors(
    entityId: string,
    { relation, subject }: { readonly relation: LineageRelation; readonly subject: number },
  ): readonly AncestorExplanation[] {
    const ancestors: AncestorExplanation[] = []
    const seen = new Set<string>()
    let via: AncestorExplanation['via'] = 'itself'
    let next: string | undefined = entityId
    while (next !== undefined && !seen.has(next) && ancestors.length < ANCESTORS_MAX) {
      seen.add(next)
      const relative: Relative | undefined = this.#relatives.get(next)
      const nearest = relative?.nearest[subject]
      const asked = isAsked(relation, { via, generation: ancestors.length })
      ancestors.push({
        entity_id: next,
        ...(relative?.executable === undefined ? {} : { executable: relative.executable }),
        via,
        asked,
        ...(nearest === undefined
          ? {}
          : nearest.missed === 0
            ? { held: nearest.place }
            : { nearest }),
      })
      via = relative?.previousId === undefined ? 'parent' : 'image before exec'
      next = relative?.previousId ?? relative?.parentId
    }
    return ancestors
  }
}

function isAsked(
  relation: LineageRelation,
  { via, generation }: { readonly via: AncestorExplanation['via']; readonly generation: number },
): boolean {
  if (relation === 'event') return via === 'itself'
  return relation === 'descendant' ? via !== 'itself' : generation === 1
}

function textAt(document: object, path: readonly string[]): string | undefined {
  const value = fieldValue(document, path)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function lineageLeaves(expression: Expression): readonly LineageTest[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.flatMap(lineageLeaves)
    case 'not':
      return lineageLeaves(expression.operand)
    case 'lineage':
      return [expression]
    default:
      return []
  }
}
