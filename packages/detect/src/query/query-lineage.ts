import { type Filter, filterId, type LineageRelation } from '@pomona/rules'
import { lineageSubjects } from '../contextual.ts'
import type { EventContext } from '../event-view.ts'
import { ProcessTree } from '../lineage/process-tree.ts'
import { Timers } from '../time/timers.ts'
import type { CompiledStep, FilterSet } from './filter-set.ts'

/** What an event says about its process. */
export interface ProcessFacts {
  readonly scope: string
  readonly processId: string | undefined
  readonly parentId: string | undefined
  readonly previousId: string | undefined
  readonly isStart: boolean
  readonly isEnd: boolean
}

const NODES_MAX = 1_000_000

/** The process tree of a list of events, as far as the lineage subjects of a query go. */
export class QueryLineage implements EventContext {
  readonly #ids: readonly string[]
  readonly #subjects: readonly CompiledStep[]
  readonly #timers = new Timers()
  readonly #tree: ProcessTree
  #facts: ProcessFacts | undefined
  #ended: ProcessFacts | undefined

  constructor(filters: readonly Filter[], set: FilterSet) {
    const subjects = [...lineageSubjects(filters).values()]
    this.#ids = subjects.map(filterId)
    this.#subjects = subjects.map((subject) => set.compile(subject))
    const limits = { scopeNodesMax: NODES_MAX, nodesMax: NODES_MAX, graceMs: 0 }
    this.#tree = new ProcessTree(this.#ids, { timers: this.#timers, ...limits })
  }

  /** Takes the next event, to which the filters have been turned. */
  take(facts: ProcessFacts, timeMs: number): void {
    this.#facts = facts
    this.#end(timeMs)
    const { scope, processId, parentId, previousId } = facts
    if (processId === undefined) return
    if (facts.isStart)
      this.#tree.start(scope, { entityId: processId, parentId, previousId }, timeMs)
    for (const [subject, { holds }] of this.#subjects.entries()) {
      if (holds()) this.#tree.mark({ scope, entityId: processId }, subject)
    }
    // Its own end is still an event of the process.
    if (facts.isEnd) this.#ended = facts
  }

  #end(timeMs: number): void {
    const { scope, processId } = this.#ended ?? {}
    this.#ended = undefined
    if (scope === undefined || processId === undefined) return
    this.#tree.exit({ scope, entityId: processId }, timeMs)
    this.#timers.advance(scope, timeMs)
  }

  comesFrom(relation: LineageRelation, subjectId: string): boolean {
    const { scope = '', processId } = this.#facts ?? {}
    if (processId === undefined) return false
    return this.#tree.holds({ scope, entityId: processId }, relation, this.#ids.indexOf(subjectId))
  }
}
