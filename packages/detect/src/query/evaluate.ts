import {
  assertNever,
  type CompiledEql,
  type EqlDialect,
  type EventBody,
  type RuleBody,
  type SampleBody,
  type SequenceBody,
} from '@pomona/rules'
import { earlierFields } from '../contextual.ts'
import { EventView } from '../event-view.ts'
import { SequenceMachine } from '../sequence/machine.ts'
import { textOf } from '../value-test.ts'
import { QUERY_FIELDS, type QueryFields } from './dialect.ts'
import { compareKeys, type EventPlace, inOrder } from './event-order.ts'
import { type CompiledStep, FilterSet } from './filter-set.ts'
import { applyPipes } from './pipe.ts'
import { type ProcessFacts, QueryLineage } from './query-lineage.ts'
import type { QueryRow } from './row.ts'
import { Joiner, Sampler } from './sample.ts'

/** How a query is evaluated. */
export interface QueryOptions {
  readonly dialect: EqlDialect
  /** In place of those the dialect's events usually have. */
  readonly fields?: Partial<QueryFields>
}

const OPEN_MAX = 10_000_000

/**
 * Evaluates a whole query, pipes included, over a list of events.
 *
 * @returns The results in the order the language gives them: single events by time, sequences by
 *          their last event, samples by key.
 * @throws  RangeError For a correlation, which is no query.
 */
export function evaluateQuery(
  { body, pipes }: CompiledEql,
  events: readonly object[],
  options: QueryOptions,
): readonly QueryRow[] {
  const fields = { ...QUERY_FIELDS[options.dialect], ...options.fields }
  const run = new QueryRun(events, fields)
  const rows = run.rows(body).map((places) => {
    const documents = places.map((place) => (place === undefined ? undefined : events[place]))
    return { events: places, documents }
  })
  return applyPipes(rows, pipes).map(({ events: places, summary }) => {
    return summary === undefined ? { events: places } : { events: places, summary }
  })
}

type Places = readonly (number | undefined)[]

class QueryRun {
  readonly #events: readonly object[]
  readonly #set = new FilterSet()
  readonly #look = new EventView('literal')
  readonly #fields: QueryFields

  constructor(events: readonly object[], fields: QueryFields) {
    this.#events = events
    this.#fields = fields
  }

  rows(body: RuleBody): readonly Places[] {
    switch (body.kind) {
      case 'event':
        return this.#single(body)
      case 'sequence':
        return this.#sequences(body)
      case 'sample':
        return this.#samples(body)
      case 'join':
        return this.#joins(body)
      case 'correlation':
        throw new RangeError('a correlation is no query')
      default:
        return assertNever(body)
    }
  }

  /** The first value that one of the fields has in a document. */
  #reader(fields: readonly string[]): (event: object) => unknown {
    const indexes = fields.map((field) => this.#look.indexOf(field))
    return (event) => {
      for (const index of indexes) {
        const value = this.#look.valueIn(event, index)
        if (value !== undefined && value !== null) return value
      }
      return undefined
    }
  }

  /** Turns the filters to each event in order of time, with its place in the process tree. */
  #visit(
    body: Exclude<RuleBody, { kind: 'correlation' }>,
    take: (place: EventPlace) => void,
  ): void {
    const filters =
      body.kind === 'event' ? [body] : [...body.steps, ...untilOf(body)].map(({ filter }) => filter)
    const lineage = new QueryLineage(filters, this.#set)
    const factsOf = this.#facts()
    const order = inOrder(this.#events, {
      timestamp: this.#reader(this.#fields.timestamp),
      tiebreaker: this.#reader(this.#fields.tiebreaker),
    })
    // Samples know no time: of several events the one given first is taken.
    const places = body.kind === 'sample' ? order.toSorted((a, b) => a.index - b.index) : order
    for (const place of places) {
      const event = this.#events[place.index] ?? {}
      this.#set.turnTo(event, lineage)
      lineage.take(factsOf(event), place.timeMs)
      take(place)
    }
  }

  #facts(): (event: object) => ProcessFacts {
    const { processId, parentId, previousId, processChange, host } = this.#fields
    const read = {
      process: this.#reader(processId),
      parent: this.#reader(parentId),
      previous: this.#reader(previousId),
      change: this.#reader(processChange),
      host: this.#reader(host),
    }
    return (event) => {
      const changes = [read.change(event)].flat()
      return {
        scope: textOf(read.host(event)) ?? '',
        processId: textOf(read.process(event)),
        parentId: textOf(read.parent(event)),
        previousId: textOf(read.previous(event)),
        isStart: changes.some((change) => STARTS.has(change)),
        isEnd: changes.some((change) => ENDS.has(change)),
      }
    }
  }

  #single(body: EventBody): readonly Places[] {
    const { holds } = this.#set.compile(body)
    const rows: Places[] = []
    this.#visit(body, ({ index }) => {
      if (holds()) rows.push([index])
    })
    return rows
  }

  #sequences(body: SequenceBody): readonly Places[] {
    const all = [...body.steps, ...untilOf(body)]
    const steps = all.map(({ filter, keys }) => this.#set.compile(filter, keys))
    const rows: Places[] = []
    const machine = new SequenceMachine<number, number>(body, {
      complete: ({ evidence }) => rows.push(evidence),
      trustOrder: true,
      openMax: OPEN_MAX,
      scopeOpenMax: OPEN_MAX,
    })
    const isOpen = body.steps.map(({ filter }) => earlierFields(filter).size > 0)
    const hostOf = this.#reader(this.#fields.host)
    const scopes = new Set<string>()
    this.#visit(body, ({ index, timeMs }) => {
      const host = hostOf(this.#events[index] ?? {})
      const scope = body.scope === 'host' ? (textOf(host) ?? '') : ''
      scopes.add(scope)
      machine.advance(scope, timeMs)
      // A step that asks earlier ones is asked of each of them in `verify`.
      const offered = [...steps.keys()].filter(
        (step) => isOpen[step] === true || steps[step]?.holds() === true,
      )
      if (offered.length === 0) return
      machine.offer({
        scope,
        timeMs,
        steps: offered,
        keyOf: (step) => {
          const parts = steps[step]?.key()
          return parts === undefined ? undefined : JSON.stringify(parts)
        },
        verify: (step, earlier) => this.#verify(steps[step], earlier),
        evidence: () => index,
        remember: () => index,
      })
    })
    for (const scope of scopes) machine.advance(scope, Number.POSITIVE_INFINITY)
    return rows
  }

  #verify(step: CompiledStep | undefined, earlier: Places): boolean {
    if (step === undefined) return false
    return step.holds((other, field) => {
      const event = this.#events[earlier[other] ?? -1]
      return event === undefined ? undefined : this.#set.view.valueIn(event, field)
    })
  }

  #samples(body: SampleBody): readonly Places[] {
    const steps = body.steps.map(({ filter, keys }) => this.#set.compile(filter, keys))
    const sampler = new Sampler(steps.length)
    this.#visit(body, ({ index }) => {
      for (const [place, { holds, key }] of steps.entries()) {
        const parts = holds() ? key() : undefined
        if (parts !== undefined) sampler.offer(index, place, parts)
      }
    })
    return sampler.samples(compareKeys)
  }

  #joins(body: SampleBody): readonly Places[] {
    const steps = body.steps.map(({ filter, keys }) => this.#set.compile(filter, keys))
    const [until] = untilOf(body).map(({ filter, keys }) => this.#set.compile(filter, keys))
    const joiner = new Joiner(steps.length)
    const rows: Places[] = []
    this.#visit(body, ({ index }) => {
      const ended = until?.holds() === true ? until.key() : undefined
      if (ended !== undefined) joiner.end(ended)
      for (const [place, { holds, key }] of steps.entries()) {
        const parts = holds() ? key() : undefined
        const row = parts === undefined ? undefined : joiner.offer(index, place, parts)
        if (row !== undefined) rows.push(row)
      }
    })
    return rows
  }
}

const STARTS: ReadonlySet<unknown> = new Set(['start', 'create', 'fork'])
const ENDS: ReadonlySet<unknown> = new Set(['end', 'terminate'])

function untilOf({ until }: SequenceBody | SampleBody): SequenceBody['steps'] {
  return until === undefined ? [] : [until]
}
