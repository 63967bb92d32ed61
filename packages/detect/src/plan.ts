import type { CorrelationBody, Filter, JoinKey, Rule, SequenceBody } from '@pomona/rules'
import { earlierFields, isContextual, lineageSubjects, weakened } from './contextual.ts'
import type { RoutedFilter } from './matcher.ts'

/** What a filter of the plan stands for. */
export type Role =
  | { readonly kind: 'event'; readonly rule: number }
  | { readonly kind: 'step'; readonly sequence: number; readonly step: number }
  | { readonly kind: 'subject'; readonly subject: number }

/** One filter of a rule set, with all that evaluation has to know of it. */
export interface PlannedFilter {
  readonly role: Role
  /** The whole question. */
  readonly filter: Filter
  /** What the matcher is asked: the same, or as much of it as the event alone can answer. */
  readonly asked: RoutedFilter
  /** Descent has a say: evaluated in full once the events before it are known. */
  readonly isContextual: boolean
  /** An earlier step has a say: evaluated in full against each partial. */
  readonly asksEarlier: boolean
}

/** A sequence of the rule set. */
export interface PlannedSequence {
  readonly rule: number
  readonly body: SequenceBody
  /** Index of its first step's filter; the others follow, `until` last. */
  readonly filterFirst: number
  readonly keys: readonly (readonly JoinKey[])[]
  /** By step, the fields that later steps ask of its event. */
  readonly remembered: readonly (readonly string[])[]
}

/** A correlation of the rule set. */
export interface PlannedCorrelation {
  readonly rule: number
  readonly body: CorrelationBody
}

/** Where the matches of a rule go beside its own alerts. */
export interface Feed {
  readonly correlation: number
  readonly input: number
}

/** A rule set, arranged for evaluation. Everything is known by its index. */
export interface RulePlan {
  readonly rules: readonly Rule[]
  /** By rule: its id and version, under which its state is kept. */
  readonly names: readonly string[]
  readonly filters: readonly PlannedFilter[]
  readonly sequences: readonly PlannedSequence[]
  readonly correlations: readonly PlannedCorrelation[]
  /** Ids of the lineage subjects; their filters stand in {@link filters} in the same order. */
  readonly subjects: readonly string[]
  /** By rule: whether its alert needs no more than the event, and so is told when that comes. */
  readonly toldOnArrival: readonly boolean[]
  /** By rule: the correlations that count its matches. */
  readonly feeds: readonly (readonly Feed[])[]
  /** By rule: the fields that correlations ask of its events, now or along the chain. */
  readonly fedFields: readonly (readonly string[])[]
  /** Rules that are not evaluated event by event, and why. */
  readonly unsupported: readonly { readonly ruleId: string; readonly reason: string }[]
}

/** Why EQL's `sample` and `join` have no place in a stream. */
const SAMPLE_REASON =
  'sample and join have no order and no end of time; they are for events that are already stored.'

/** Arranges a rule set. */
export function planRules(rules: readonly Rule[]): RulePlan {
  const filters: PlannedFilter[] = []
  const sequences: PlannedSequence[] = []
  const correlations: PlannedCorrelation[] = []
  const unsupported: { ruleId: string; reason: string }[] = []
  for (const [rule, { id, body, logsource }] of rules.entries()) {
    const add = (filter: Filter, role: Role): void => {
      filters.push({ ...planned(filter, role), asked: { ...weakened(filter), logsource } })
    }
    switch (body.kind) {
      case 'event':
        add(body, { kind: 'event', rule })
        break
      case 'sequence': {
        const sequence = sequences.push(sequenceOf(body, rule, filters.length)) - 1
        for (const [step, { filter }] of stepsOf(body).entries()) {
          add(filter, { kind: 'step', sequence, step })
        }
        break
      }
      case 'correlation':
        correlations.push({ rule, body })
        break
      case 'sample':
      case 'join':
        unsupported.push({ ruleId: id, reason: SAMPLE_REASON })
    }
  }
  const toldOnArrival = rules.map(({ body }) => body.kind === 'event' && !isContextual(body))
  const subjects = lineageSubjects(filters.map(({ filter }) => filter))
  for (const [subject, filter] of [...subjects.values()].entries()) {
    filters.push(planned(filter, { kind: 'subject', subject }))
  }
  const feeds = feedsOf(rules, correlations)
  const fedFields = rules.map((_, rule) => [...fieldsFed(rule, { feeds, correlations })])
  const names = rules.map(({ id, version }) => `${id}@${version}`)
  return {
    rules,
    names,
    filters,
    sequences,
    correlations,
    subjects: [...subjects.keys()],
    toldOnArrival,
    feeds,
    fedFields,
    unsupported,
  }
}

function planned(filter: Filter, role: Role): PlannedFilter {
  return {
    role,
    filter,
    asked: weakened(filter),
    isContextual: isContextual(filter),
    asksEarlier: earlierFields(filter).size > 0,
  }
}

function stepsOf({ steps, until }: SequenceBody): readonly SequenceBody['steps'][number][] {
  return until === undefined ? steps : [...steps, until]
}

function sequenceOf(body: SequenceBody, rule: number, filterFirst: number): PlannedSequence {
  const steps = stepsOf(body)
  const remembered = steps.map(() => new Set<string>())
  for (const { filter } of steps) {
    for (const [step, fields] of earlierFields(filter)) {
      for (const field of fields) remembered[step]?.add(field)
    }
  }
  return {
    rule,
    body,
    filterFirst,
    keys: steps.map(({ keys }) => keys),
    remembered: remembered.map((fields) => [...fields]),
  }
}

function feedsOf(
  rules: readonly Rule[],
  correlations: readonly PlannedCorrelation[],
): readonly (readonly Feed[])[] {
  const byId = new Map<string, Feed[]>()
  for (const [correlation, { body }] of correlations.entries()) {
    for (const [input, { ruleId }] of body.inputs.entries()) {
      const feeds = byId.get(ruleId) ?? []
      byId.set(ruleId, feeds)
      feeds.push({ correlation, input })
    }
  }
  return rules.map(({ id }) => byId.get(id) ?? [])
}

type FeedGraph = Pick<RulePlan, 'feeds' | 'correlations'>

// The loader refuses cycles; here they only must not run for ever.
function fieldsFed(
  rule: number,
  graph: FeedGraph,
  seen: ReadonlySet<number> = new Set(),
): ReadonlySet<string> {
  const fields = new Set<string>()
  if (seen.has(rule)) return fields
  for (const { correlation, input } of graph.feeds[rule] ?? []) {
    const fed = graph.correlations[correlation]
    const keys = fed?.body.inputs[input]
    if (fed === undefined || keys === undefined) continue
    for (const key of [...keys.groupBy, ...keys.values]) {
      for (const field of key.fields) fields.add(field)
    }
    for (const field of fieldsFed(fed.rule, graph, new Set([...seen, rule]))) fields.add(field)
  }
  return fields
}
