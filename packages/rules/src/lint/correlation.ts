import type { CorrelationBody, CorrelationBound } from '../body.ts'
import type { Position } from '../errors.ts'
import type { ProblemReport } from '../report.ts'

/** Who is told, and of which place. */
export interface LintPlace {
  readonly report: ProblemReport
  readonly at: Position
}

/**
 * Warns of a correlation whose bounds no figure can meet, or every figure meets.
 *
 * A window is judged when a match comes, so a count is never below 1.
 */
export function lintCorrelation(body: CorrelationBody, { report, at }: LintPlace): void {
  const range = rangeOf(body)
  if (range === undefined || body.bounds.length === 0) return
  const { least, most, isWhole } = range
  const bounds = body.bounds.map((bound) => (isWhole ? wholeBound(bound) : bound))
  const low = Math.max(least, ...bounds.map(lowest))
  const high = Math.min(most, ...bounds.map(highest))
  const isExcluded = low === high && bounds.some((bound) => !isWithin(bound, low))
  const isFractional = isWhole && bounds.some(isUnequalable)
  if (low > high || isExcluded || isFractional) {
    const message = `No number of ${body.type} can meet this condition.`
    report.add('WARN_RULE_NEVER_TRUE', message, { at })
    return
  }
  const isAlways = bounds.every((bound) => {
    const isOpen = lowest(bound) <= least && highest(bound) >= most
    return isOpen && (bound.comparison !== 'neq' || bound.value < least || bound.value > most)
  })
  if (!isAlways) return
  const message = `Every number of ${body.type} meets this condition: each match is told.`
  report.add('WARN_RULE_ALWAYS_TRUE', message, { at })
}

interface Range {
  readonly least: number
  readonly most: number
  readonly isWhole: boolean
}

function rangeOf({ type, inputs, expression }: CorrelationBody): Range | undefined {
  if (type === 'event_count' || type === 'value_count') {
    return { least: 1, most: Number.POSITIVE_INFINITY, isWhole: true }
  }
  if (type === 'temporal') {
    return expression === undefined ? { least: 1, most: inputs.length, isWhole: true } : undefined
  }
  if (type === 'temporal_ordered') return undefined
  return { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY, isWhole: false }
}

/** The same bound on whole numbers, both ends included. */
function wholeBound({ comparison, value }: CorrelationBound): CorrelationBound {
  switch (comparison) {
    case 'gt':
      return { comparison: 'gte', value: Math.floor(value) + 1 }
    case 'gte':
      return { comparison: 'gte', value: Math.ceil(value) }
    case 'lt':
      return { comparison: 'lte', value: Math.ceil(value) - 1 }
    case 'lte':
      return { comparison: 'lte', value: Math.floor(value) }
    default:
      return { comparison, value }
  }
}

function isUnequalable({ comparison, value }: CorrelationBound): boolean {
  return comparison === 'eq' && !Number.isInteger(value)
}

function lowest({ comparison, value }: CorrelationBound): number {
  return comparison.startsWith('g') || comparison === 'eq' ? value : Number.NEGATIVE_INFINITY
}

function highest({ comparison, value }: CorrelationBound): number {
  return comparison.startsWith('l') || comparison === 'eq' ? value : Number.POSITIVE_INFINITY
}

function isWithin({ comparison, value }: CorrelationBound, figure: number): boolean {
  if (comparison === 'neq') return figure !== value
  if (comparison === 'eq') return figure === value
  if (comparison === 'gt') return figure > value
  if (comparison === 'lt') return figure < value
  return comparison === 'gte' ? figure >= value : figure <= value
}
