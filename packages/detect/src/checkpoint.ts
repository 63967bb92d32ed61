import { DetectError } from './errors.ts'
import type { DetectorCounts } from './detector-counts.ts'
import type { FloodState } from './flood-guard.ts'
import type { RepeatState } from './repeat-filter.ts'
import type { StatefulState } from './stateful/stateful-engine.ts'

const FORMAT = 'pomona-detector'
const VERSION = 3
/** What V8 can hold in one text is a little more. */
const CHARS_MAX = 480 * 1_048_576
const COUNTS = [
  'received',
  'evaluated',
  'alerts',
  'behindMark',
  'timeless',
  'streamsForgotten',
  'repeatsForgotten',
  'exceptedDropped',
] as const
const RULE_COUNTS = ['evaluated', 'matched', 'errored', 'alerts', 'skipped'] as const
const STATEFUL_PARTS = ['hosts', 'fleet', 'tree', 'sequences', 'correlations', 'work'] as const

/** What a detector remembers between two events. */
export interface Checkpoint {
  readonly counts: DetectorCounts
  /** Highest sequence of each sensor stream, the stream seen last at the end. */
  readonly streams: readonly (readonly [stream: string, sequence: number])[]
  readonly repeats: RepeatState
  readonly flood: FloodState
  /** Absent when no rule takes more than one event. */
  readonly stateful?: StatefulState
}

/** Writes a state as text. */
export function writeCheckpoint(state: Checkpoint): string {
  return JSON.stringify({ format: FORMAT, version: VERSION, ...state })
}

/**
 * Reads what {@link writeCheckpoint} wrote. Of the rules' own state only the outline is checked.
 *
 * @throws DetectError `ERR_DETECT_CHECKPOINT_FORMAT` or `ERR_DETECT_CHECKPOINT_VERSION`.
 */
export function readCheckpoint(text: string): Checkpoint {
  if (text.length > CHARS_MAX) throw broken('is too large')
  let state: unknown
  try {
    state = JSON.parse(text)
  } catch (error) {
    throw broken('is not JSON', error)
  }
  if (!isObject(state)) throw broken('is not an object')
  const { format, version, counts, streams, repeats, flood, stateful } = state
  if (format !== FORMAT) throw broken('is of another program')
  if (version !== VERSION) {
    throw new DetectError(
      'ERR_DETECT_CHECKPOINT_VERSION',
      `The detector's saved state has version ${String(version)}, this program reads ` +
        `${VERSION}; delete it and evaluate the log from its start.`,
      { found: String(version), expected: VERSION },
    )
  }
  if (!isCounts(counts)) throw broken('lacks its counts')
  if (!isStreams(streams)) throw broken('lacks its streams')
  if (!isNested(repeats)) throw broken('lacks its findings')
  if (!Array.isArray(flood)) throw broken('lacks its hours')
  if (stateful !== undefined && !isStateful(stateful)) throw broken('lacks parts of its rules')
  const parts = { counts, streams, repeats, flood }
  return stateful === undefined ? parts : { ...parts, stateful }
}

/** The error of a state that cannot be used. */
export function broken(what: string, cause?: unknown): DetectError {
  const error = new DetectError(
    'ERR_DETECT_CHECKPOINT_FORMAT',
    `The detector's saved state ${what}; delete it and evaluate the log from its start.`,
  )
  return cause === undefined ? error : Object.assign(error, { cause })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isCounts(value: unknown): value is DetectorCounts {
  if (!isObject(value) || !COUNTS.every((key) => Number.isSafeInteger(value[key]))) return false
  const { discarded, alertsDiscarded, rules } = value
  if (!isObject(discarded) || !isObject(alertsDiscarded)) return false
  const isCounted = Number.isSafeInteger(alertsDiscarded['repeated'])
  return isCounted && Array.isArray(rules) && rules.every(isRuleCounts)
}

function isRuleCounts(value: unknown): boolean {
  if (!isObject(value) || typeof value['ruleId'] !== 'string') return false
  return RULE_COUNTS.every((key) => Number.isSafeInteger(value[key]))
}

function isPair(value: unknown): value is readonly [string, unknown] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string'
}

function isStreams(value: unknown): value is Checkpoint['streams'] {
  return Array.isArray(value) && value.every(isNumbered)
}

function isNumbered(value: unknown): boolean {
  return isPair(value) && typeof value[1] === 'number'
}

function isNested(value: unknown): value is RepeatState {
  const isList = (pair: unknown): boolean =>
    isPair(pair) && Array.isArray(pair[1]) && pair[1].every(isNumbered)
  return Array.isArray(value) && value.every(isList)
}

function isStateful(value: unknown): value is StatefulState {
  return isObject(value) && STATEFUL_PARTS.every((part) => isObject(value[part]))
}
