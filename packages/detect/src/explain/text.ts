import { assertNever } from '@pomona/rules'
import type { Distance, FailedPredicate } from './closeness.ts'
import type {
  CorrelationExplanation,
  GroupExplanation,
  InputExplanation,
} from './correlation-explainer.ts'
import type { FilterExplanation } from './filter-explainer.ts'
import type { KeyValues } from './join-key.ts'
import type { AncestorExplanation, LineageExplanation } from './lineage-explainer.ts'
import type { EventPlace, NearMiss } from './near-miss.ts'
import type { RuleExplanation } from './rule-explainer.ts'
import type { Obstacle, SequenceAttempt, SequenceExplanation } from './sequence-explainer.ts'

const NEAR_OF_PART_MAX = 2

/**
 * What an explanation says, for people: a line a fact. Texts of rules and events stand in it as
 * they are; who shows them makes them safe for the place.
 */
export function explanationLines(explanation: RuleExplanation): readonly string[] {
  const { rule_name: name, fired, events, discarded, kind } = explanation
  const { filter, lineage, sequence, correlation } = explanation
  const times = fired === 1 ? 'once' : `${fired} times`
  const verdict = fired === 0 ? 'did not fire' : `fired ${times}`
  const unusable = Object.entries(discarded).map(([reason, count]) => `${count} ${reason}`)
  return [
    `${name} (${kind}) ${verdict} on ${events} events.`,
    ...(unusable.length === 0 ? [] : [`Events it cannot use: ${unusable.join(', ')}.`]),
    ...(filter === undefined ? [] : filterLines(filter)),
    ...(lineage ?? []).flatMap(lineageLines),
    ...(sequence === undefined ? [] : sequenceLines(sequence)),
    ...(correlation === undefined ? [] : correlationLines(correlation)),
  ]
}

/** The shortest answer to why a rule did not fire. */
export function explanationSummary(explanation: RuleExplanation): string {
  const { filter, lineage, sequence, correlation } = explanation
  if (sequence !== undefined) return sequenceSummary(sequence)
  if (correlation !== undefined) {
    const [nearest] = correlation.nearest
    return nearest === undefined ? 'No group had a match.' : `Nearest: ${groupText(nearest)}.`
  }
  const [nearest] = filter?.nearest ?? []
  if (filter !== undefined && filter.matches > 0 && lineage !== undefined) {
    return lineage.flatMap(lineageLines).join(' ')
  }
  return nearest === undefined ? 'There was no event.' : nearLines(nearest, '').join(' ')
}

function sequenceSummary(sequence: SequenceExplanation): string {
  const { attempt, steps } = sequence
  if (attempt === undefined) {
    const first = steps.find(({ missing }) => !missing)
    const near = first?.nearest.slice(0, 1).flatMap((miss) => nearLines(miss, '')) ?? []
    return ['Not even the first step came.', ...near].join(' ')
  }
  const { obstacle } = attempt
  const waited = obstacle.kind === 'no_match' ? steps[obstacle.step] : undefined
  const near = waited?.nearest.slice(0, 1).flatMap((miss) => nearLines(miss, '')) ?? []
  return [...attemptLines(attempt, sequence), ...near].join(' ')
}

function filterLines({ matched, matches, nearest }: FilterExplanation): readonly string[] {
  return [
    ...matched.flatMap(({ place, witnesses }) => [
      `${placeText(place)} holds:`,
      ...witnesses.map(({ selection, field, operator, pattern, value }) => {
        return `    ${selection}: ${field || 'any value'} ${operator} ${quoted(pattern)} (${quoted(value)})`
      }),
    ]),
    ...(matches > matched.length ? [`… and ${matches - matched.length} more.`] : []),
    ...nearest.flatMap((miss) => nearLines(miss, '')),
  ]
}

function nearLines({ place, ...distance }: NearMiss, indent: string): readonly string[] {
  const { missed, held } = distance
  return [
    `${indent}${placeText(place)} missed by ${missed} of ${missed + held} predicates:`,
    ...failureLines(distance, `${indent}    `),
  ]
}

function failureLines({ failures, missed }: Distance, indent: string): readonly string[] {
  const more = missed - failures.length
  return [
    ...failures.map((failure) => indent + failureText(failure)),
    ...(more > 0 ? [`${indent}… and ${more} more.`] : []),
  ]
}

function failureText(failure: FailedPredicate): string {
  const { selection, field, operator, wanted, wantedMore, seen, negated } = failure
  const values = wanted.map(quoted).join(' or ') + (wantedMore > 0 ? ` or ${wantedMore} more` : '')
  const asked = `${field || 'any value'} ${negated ? 'must not be: ' : ''}${operator} ${values}`
  const place = selection === '' ? 'logsource' : selection
  const has = seen === undefined ? 'the event has no such field' : `the event has ${quoted(seen)}`
  return field === '' ? `${place}: ${asked}` : `${place}: ${asked}; ${has}`
}

function lineageLines({ relation, subject, descents }: LineageExplanation): readonly string[] {
  return [
    `It also asks: ${relation} of [${subject}]`,
    ...(descents.length === 0 ? ['    No event got as far as to ask.'] : []),
    ...descents.flatMap(({ place, ancestors }) => [
      `${placeText(place)} comes from:`,
      ...ancestors.flatMap(ancestorLines),
    ]),
  ]
}

function ancestorLines(ancestor: AncestorExplanation): readonly string[] {
  const { executable, entity_id: id, via, asked, held, nearest } = ancestor
  const head = `    ${via}: ${executable ?? 'a process no event was seen of'} (${id})`
  if (held !== undefined) return [`${head}: held, ${placeText(held)}`]
  if (!asked) return [`${head}: not asked`]
  if (nearest === undefined) return [head]
  return [`${head}: did not hold`, ...failureLines(nearest, '        ')]
}

function sequenceLines(sequence: SequenceExplanation): readonly string[] {
  const { steps, until, attempt, forgotten } = sequence
  return [
    ...steps.flatMap((step, index) => {
      const what = step.missing ? 'must not come' : 'must come'
      return [
        `${index + 1}. ${step.name} (${what}): ${partText(step)}`,
        ...(step.keyless > 0 ? [`    ${step.keyless} lack a part of the key`] : []),
        ...(step.matches > 0 || step.missing ? [] : nearOfPart(step)),
      ]
    }),
    ...(until === undefined ? [] : [`until: ${partText(until)}`]),
    ...(attempt === undefined ? [] : attemptLines(attempt, sequence)),
    ...(forgotten > 0 ? [`${forgotten} events were too many to look at.`] : []),
  ]
}

function partText({ matches, matched }: Pick<FilterExplanation, 'matches' | 'matched'>): string {
  if (matches === 0) return 'no event'
  const places = matched.map(({ place }) => placeText(place)).join(', ')
  const more = matches > matched.length ? ` and ${matches - matched.length} more` : ''
  return `${places}${more}`
}

function nearOfPart({ nearest }: FilterExplanation): readonly string[] {
  return nearest.slice(0, NEAR_OF_PART_MAX).flatMap((miss) => nearLines(miss, '    '))
}

function attemptLines(attempt: SequenceAttempt, sequence: SequenceExplanation): readonly string[] {
  const { key, events, reached, needed, obstacle } = attempt
  const places = events.map(({ place }) => placeText(place)).join(', ')
  const of = key.length === 0 ? '' : ` for ${keyText(key)}`
  return [
    `It got furthest${of}: ${reached} of ${needed} steps (${places}).`,
    ...obstacleLines(obstacle, sequence),
  ]
}

function obstacleLines(obstacle: Obstacle, sequence: SequenceExplanation): readonly string[] {
  const { spanMs = 0 } = sequence
  const step = 'step' in obstacle ? stepText(sequence, obstacle.step) : ''
  switch (obstacle.kind) {
    case 'none':
      return ['Nothing stood in the way of that.']
    case 'no_match':
      return [`No event held for ${step}.`]
    case 'other_key':
      return [`${step} came only for ${obstacle.keys.map(keyText).join('; ')}.`]
    case 'too_early':
      return [`${step} came ${spanText(obstacle.byMs)} before that (${placeText(obstacle.place)}).`]
    case 'too_late':
      return [
        `${step} came ${spanText(obstacle.byMs)} after the span of ${spanText(spanMs)} had ended ` +
          `(${placeText(obstacle.place)}).`,
      ]
    case 'until':
      return [`It was ended by the until event (${placeText(obstacle.place)}).`]
    case 'forbidden':
      return [`${step} must not come, and came (${placeText(obstacle.place)}).`]
    default:
      return assertNever(obstacle)
  }
}

function stepText({ steps }: SequenceExplanation, step: number): string {
  const name = steps[step]?.name
  const number = `step ${step + 1}`
  return name === undefined || name === number ? number : `${number} (${name})`
}

function correlationLines(correlation: CorrelationExplanation): readonly string[] {
  const { inputs, type, bounds, expression, spanMs, groups, nearest, forgotten } = correlation
  const asked = bounds.map(({ comparison, value }) => `${comparison} ${value}`).join(' and ')
  return [
    `It asks: ${type} ${expression ?? asked} within ${spanText(spanMs)}.`,
    ...inputs.flatMap(inputLines),
    ...(groups === 0 ? ['No group had a match.'] : [`Nearest of ${groups} groups:`]),
    ...nearest.map((group) => `    ${groupText(group)}`),
    ...(forgotten > 0 ? [`${forgotten} matches were too many to look at.`] : []),
  ]
}

/** A rule behind a correlation; what several events have to do is told below it. */
function inputLines(input: InputExplanation): readonly string[] {
  const { filter, lineage = [], sequence, correlation, matches, matched } = input
  const below = [
    ...(filter === undefined || matches > 0 ? [] : filter.nearest.slice(0, NEAR_OF_PART_MAX)),
  ].flatMap((miss) => nearLines(miss, ''))
  const parts = [
    ...below,
    ...(matches > 0 ? [] : lineage.flatMap(lineageLines)),
    ...(sequence === undefined ? [] : sequenceLines(sequence)),
    ...(correlation === undefined ? [] : correlationLines(correlation)),
  ]
  const places = matched.map((place) => ({ place, witnesses: [] }))
  return [
    `- ${input.rule_name}: ${partText({ matches, matched: places })}`,
    ...(input.keyless > 0 ? [`    ${input.keyless} lack a part of the key`] : []),
    ...parts.map((line) => `    ${line}`),
  ]
}

function groupText({ key, figure, matches, first, last, overMs, holds }: GroupExplanation): string {
  const of = key.length === 0 ? 'all events' : keyText(key)
  const range = `${placeText(first)} to ${placeText(last)}, ${spanText(overMs)}`
  return `${of}: ${round(figure)} of ${matches} matches (${range})${holds ? ', holds' : ''}`
}

function keyText(key: KeyValues): string {
  return key
    .map(
      ({ written, value }) => `${written} = ${value === null ? 'absent' : JSON.stringify(value)}`,
    )
    .join(', ')
}

function placeText({ line, item }: EventPlace): string {
  return item === undefined ? `line ${line}` : `line ${line} event ${item}`
}

function quoted(text: string): string {
  return JSON.stringify(text)
}

const MS_PER_SECOND = 1_000
const SECONDS_PER_MINUTE = 60
const MINUTES_PER_HOUR = 60

function spanText(spanMs: number): string {
  if (spanMs < MS_PER_SECOND) return `${round(spanMs)} ms`
  const seconds = spanMs / MS_PER_SECOND
  if (seconds < SECONDS_PER_MINUTE) return `${round(seconds)} s`
  const minutes = seconds / SECONDS_PER_MINUTE
  return minutes < MINUTES_PER_HOUR
    ? `${round(minutes)} min`
    : `${round(minutes / MINUTES_PER_HOUR)} h`
}

function round(value: number): string {
  return String(Math.round(value * 1_000) / 1_000)
}
