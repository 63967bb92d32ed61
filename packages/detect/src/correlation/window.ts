import { type CorrelationBody, type CorrelationType, orderedWays } from '@pomona/rules'
import { compileBounds, compileExpression } from './bound.ts'
import { DistinctFigure } from './distinct-figure.ts'
import type { Figure, FigureLimits, FigureState } from './figure.ts'
import { type EvidenceEntry, Group, type GroupState } from './group.ts'
import { type Measure, SeriesFigure } from './series-figure.ts'
import { type Chain, TemporalFigure, type TemporalQuestion } from './temporal-figure.ts'

/** Options of {@link CorrelationWindow}. */
export interface CorrelationOptions<Evidence> {
  /** Matches, or distinct values, of one key that are kept exactly. Default 1,024. */
  readonly exactMax?: number
  /** Keys kept. Default 10,000; beyond it the one that was quiet longest goes. */
  readonly groupsMax?: number
  /** Estimated bytes of all keys. Default 32 MiB; as for keys. */
  readonly bytesMax?: number
  /** Matches shown with a completion, shared among the inputs; at least one each. Default 50. */
  readonly evidenceMax?: number
  /**
   * How far out of order a match may come and still see all of its window: this, or the span where
   * that is shorter. Default 60,000.
   */
  readonly latenessMsMax?: number
  /** Size of one piece of evidence. Default 128. */
  readonly evidenceBytes?: (evidence: Evidence) => number
}

/** A match of a rule that the correlation counts. */
export interface Offer<Evidence> {
  /** Whose clock it is on: a tenant's host, or for {@link Scope} `fleet` the tenant. */
  readonly partition: string
  readonly timeMs: number
  /** Index into the body's `inputs`. */
  readonly input: number
  /** The group-by key. What lacks a part of it is not offered. */
  readonly key: string
  /** What is counted or computed with: texts for `value_count`, else numbers. */
  readonly values?: readonly (string | number)[]
  readonly evidence: Evidence
}

/** A window whose condition became true. */
export interface Completion<Evidence> {
  readonly key: string
  /** Event time of the match that the window ends with; not always the one that came last. */
  readonly timeMs: number
  /** Matches, distinct values, rules that matched, or the computed value. */
  readonly figure: number
  /** The figure is an estimate, or single matches it rests on are no longer known. */
  readonly approximate: boolean
  /** Matches in the window, in order of time; of many the newest of each input. */
  readonly evidence: readonly EvidenceEntry<Evidence>[]
}

/** What went through a window since it was made. */
export interface CorrelationCounts {
  /** Matches taken in. */
  readonly offered: number
  /** Matches without a value where one is computed with. */
  readonly valueless: number
  readonly completed: number
  /** Matches whose window held but was told less than a span ago. */
  readonly repeated: number
  /** Keys that had to go while they still mattered. */
  readonly evicted: number
}

/** The memory of a window as plain data; keys in the order in which they would be evicted. */
export interface CorrelationState<Evidence> {
  readonly counts: CorrelationCounts
  readonly partitions: readonly {
    readonly partition: string
    readonly nowMs: number | null
    readonly groups: readonly GroupState<Evidence>[]
  }[]
}

interface Partition<Evidence> {
  nowMs: number
  readonly groups: Map<string, Group<Evidence>>
}

const EXACT_MAX = 1_024
const GROUPS_MAX = 10_000
const BYTES_MAX = 32 * 1_048_576
const EVIDENCE_MAX = 50
const LATENESS_MS_MAX = 60_000
const EVIDENCE_BYTES = 128
const NEVER = Number.NEGATIVE_INFINITY

/**
 * Runs one correlation rule: figures over the matches of other rules, a key at a time, in sliding
 * windows of event time `(end − span, end]`.
 *
 * A window is judged at every match, and completes when its condition is true there. It is told
 * once: as long as the condition stays true, and when it turns true again within one span of the
 * moment told, nothing more is said; from a span on it is told again. So a storm of matches makes
 * at most one completion a key and span.
 *
 * A match that comes late is counted at its own time, and the windows of later matches that see it
 * are judged again. What is completed depends on the matches and their order of arrival alone:
 * {@link advance} only frees memory.
 */
export class CorrelationWindow<Evidence> {
  readonly #body: CorrelationBody
  readonly #limits: FigureLimits
  readonly #groupsMax: number
  readonly #bytesMax: number
  readonly #evidenceEachMax: number
  readonly #evidenceBytes: (evidence: Evidence) => number
  readonly #makeFigure: (state?: FigureState) => Figure
  /** Both maps in the order of their last match, the quiet ones first. */
  readonly #partitions = new Map<string, Partition<Evidence>>()
  #groups = 0
  #bytes = 0
  #counts = { offered: 0, valueless: 0, completed: 0, repeated: 0, evicted: 0 }

  constructor(body: CorrelationBody, options: CorrelationOptions<Evidence> = {}) {
    this.#body = body
    this.#limits = {
      spanMs: body.spanMs,
      latenessMs: Math.min(body.spanMs, options.latenessMsMax ?? LATENESS_MS_MAX),
      exactMax: options.exactMax ?? EXACT_MAX,
    }
    this.#groupsMax = options.groupsMax ?? GROUPS_MAX
    this.#bytesMax = options.bytesMax ?? BYTES_MAX
    const evidenceMax = options.evidenceMax ?? EVIDENCE_MAX
    this.#evidenceEachMax = Math.max(1, Math.floor(evidenceMax / body.inputs.length))
    this.#evidenceBytes = options.evidenceBytes ?? (() => EVIDENCE_BYTES)
    this.#makeFigure = figureMaker(body, this.#limits)
  }

  /**
   * Takes a match in.
   *
   * @returns What it completed: nothing, one window, or, when it came late, several.
   * @throws  Never.
   */
  offer(offer: Offer<Evidence>): readonly Completion<Evidence>[] {
    const { timeMs, input, key, evidence } = offer
    const values = valuesOf(this.#body.type, offer.values)
    if (values.length === 0 || !Number.isFinite(timeMs)) {
      this.#counts.valueless += 1
      return []
    }
    this.#counts.offered += 1
    const group = this.#touch(offer)
    group.keep({ timeMs, input, evidence }, this.#evidenceEachMax)
    const completions: Completion<Evidence>[] = []
    for (const value of values) {
      group.figure.add({ timeMs, input, value })
      const { findings, isRepeated } = group.judge()
      if (isRepeated && findings.length === 0) this.#counts.repeated += 1
      for (const { endMs, reading } of findings) {
        const { figure, approximate } = reading
        const shown = group.evidenceUntil(endMs)
        completions.push({ key, timeMs: endMs, figure, approximate, evidence: shown })
      }
    }
    this.#account(group, group.measure(this.#evidenceBytes))
    this.#evict()
    this.#counts.completed += completions.length
    return completions
  }

  /** Finds or makes a key's group and notes that it is the one heard of last. */
  #touch({ partition: name, key, timeMs }: Offer<Evidence>): Group<Evidence> {
    const partition = this.#partitions.get(name) ?? { nowMs: NEVER, groups: new Map() }
    this.#partitions.delete(name)
    this.#partitions.set(name, partition)
    const known = partition.groups.get(key)
    const group =
      known ?? new Group<Evidence>({ key, figure: this.#makeFigure() }, this.#limits.spanMs)
    if (known === undefined) this.#groups += 1
    else partition.groups.delete(key)
    partition.groups.set(key, group)
    const { spanMs, latenessMs } = this.#limits
    const deadlineMs = Math.max(timeMs, partition.nowMs) + spanMs + latenessMs
    group.deadlineMs = Math.max(group.deadlineMs, deadlineMs)
    return group
  }

  #account(group: Group<Evidence>, bytes: number): void {
    this.#bytes += bytes - group.bytes
    group.bytes = bytes
  }

  /** Lets the keys that were quiet longest go until the rest fits; the newest always stays. */
  #evict(): void {
    while (this.#groups > 1 && (this.#groups > this.#groupsMax || this.#bytes > this.#bytesMax)) {
      const [[name, partition] = []] = this.#partitions
      if (name === undefined || partition === undefined) return
      const [group] = partition.groups.values()
      if (group !== undefined) {
        this.#remove(partition, group)
        this.#counts.evicted += 1
      }
      if (partition.groups.size === 0) this.#partitions.delete(name)
    }
  }

  #remove(partition: Partition<Evidence>, group: Group<Evidence>): void {
    partition.groups.delete(group.key)
    this.#account(group, 0)
    this.#groups -= 1
  }

  /**
   * Says that nothing older than this time, less the lateness, is to be expected of a partition,
   * so that what is over is let go. Never completes anything.
   */
  advance(name: string, timeMs: number): void {
    const partition = this.#partitions.get(name)
    if (partition === undefined) return
    partition.nowMs = Math.max(partition.nowMs, timeMs)
    for (const group of partition.groups.values()) {
      if (group.deadlineMs > partition.nowMs) break
      this.#remove(partition, group)
    }
    if (partition.groups.size === 0) this.#partitions.delete(name)
  }

  /** Lets go of all that is kept of a partition, such as a host that is gone. */
  forget(name: string): void {
    const partition = this.#partitions.get(name)
    if (partition === undefined) return
    for (const group of partition.groups.values()) this.#remove(partition, group)
    this.#partitions.delete(name)
  }

  /** Keys with a window open. */
  get groups(): number {
    return this.#groups
  }

  /** Estimated size of all keys. */
  get bytes(): number {
    return this.#bytes
  }

  counts(): CorrelationCounts {
    return { ...this.#counts }
  }

  /** The memory as plain data: what is made of it goes on exactly as this would have. */
  state(): CorrelationState<Evidence> {
    return {
      counts: this.counts(),
      partitions: [...this.#partitions].map(([partition, { nowMs, groups }]) => ({
        partition,
        // JSON knows no infinity.
        nowMs: nowMs === NEVER ? null : nowMs,
        groups: [...groups.values()].map((group) => group.state()),
      })),
    }
  }

  /** Takes up a memory that {@link state} gave, of the same rule and limits. */
  restore(state: CorrelationState<Evidence>): void {
    this.#partitions.clear()
    this.#groups = 0
    this.#bytes = 0
    this.#counts = { ...state.counts }
    for (const { partition, nowMs, groups } of state.partitions) {
      const made: Partition<Evidence> = { nowMs: nowMs ?? NEVER, groups: new Map() }
      for (const saved of groups) {
        const figure = this.#makeFigure(saved.figure)
        const group = new Group({ key: saved.key, figure }, this.#limits.spanMs, saved)
        made.groups.set(saved.key, group)
        this.#groups += 1
        this.#account(group, group.measure(this.#evidenceBytes))
      }
      this.#partitions.set(partition, made)
    }
  }
}

const COUNTED_ONCE = [undefined] as const

/** What the figure takes in of a match: numbers where it computes, else what there is. */
function valuesOf(
  type: CorrelationType,
  values: readonly (string | number)[] = [],
): readonly (string | number | undefined)[] {
  if (type === 'event_count' || type === 'temporal' || type === 'temporal_ordered') {
    return COUNTED_ONCE
  }
  if (type === 'value_count') return values
  return values.filter((value) => Number.isFinite(value))
}

const MEASURES: Readonly<Partial<Record<CorrelationType, Measure>>> = {
  event_count: { kind: 'count' },
  value_sum: { kind: 'sum' },
  value_avg: { kind: 'average' },
  value_median: { kind: 'percentile', percentile: 50 },
}

function figureMaker(body: CorrelationBody, limits: FigureLimits): (state?: FigureState) => Figure {
  const { type, percentile = 50 } = body
  if (type === 'temporal' || type === 'temporal_ordered') {
    const question = temporalQuestion(body)
    return (state) => new TemporalFigure(question, limits, state)
  }
  const holds = compileBounds(body.bounds)
  if (type === 'value_count') return (state) => new DistinctFigure(holds, limits, state)
  const measure = MEASURES[type] ?? { kind: 'percentile', percentile }
  return (state) => new SeriesFigure({ measure, holds }, limits, state)
}

function temporalQuestion({ type, inputs, bounds, expression }: CorrelationBody): TemporalQuestion {
  const inputsCount = inputs.length
  const indices = new Map(inputs.map(({ ruleId }, index) => [ruleId, index]))
  const inputOf = (ruleId: string): number => indices.get(ruleId) ?? -1
  const compiled = expression === undefined ? undefined : compileExpression(expression, inputOf)
  const isWithin =
    bounds.length === 0 ? (figure: number) => figure === inputsCount : compileBounds(bounds)
  return {
    inputsCount,
    chains: type === 'temporal' ? [] : chainsOf(inputs.length, { expression, inputOf }),
    holds: (figure, isPresent) => (compiled === undefined ? isWithin(figure) : compiled(isPresent)),
  }
}

interface ChainSource {
  readonly expression: CorrelationBody['expression']
  readonly inputOf: (ruleId: string) => number
}

/** All inputs in their order, or the ways of the extended condition. */
function chainsOf(inputsCount: number, { expression, inputOf }: ChainSource): readonly Chain[] {
  const whole = { steps: Array.from({ length: inputsCount }, (_, input) => input), absent: [] }
  if (expression === undefined) return [whole]
  // The loader refuses conditions of too many ways.
  return (orderedWays(expression) ?? []).map(({ steps, absent }) => {
    return { steps: steps.map(inputOf), absent: absent.map(inputOf) }
  })
}
