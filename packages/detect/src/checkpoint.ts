import { DetectError } from './errors.ts'
import type { DetectorCounts, DetectorRuleCounts } from './detector.ts'
import type { RepeatState } from './repeat-filter.ts'

const FORMAT = 'pomona-detector'
const VERSION = 2
const CHARS_MAX = 64 * 1_048_576
const COUNTS = [
  'received',
  'evaluated',
  'alerts',
  'behindMark',
  'streamsForgotten',
  'repeatsForgotten',
] as const
const RULE_COUNTS = ['evaluated', 'matched', 'errored', 'repeated'] as const
const TIME = /^-?\d{1,20}$/

/** What a detector remembers between two events. */
export interface Checkpoint {
  readonly counts: DetectorCounts
  /** Highest sequence of each sensor stream, the stream seen last at the end. */
  readonly streams: readonly (readonly [stream: string, sequence: number])[]
  readonly repeats: RepeatState
}

/** Writes a state as text. */
export function writeCheckpoint(state: Checkpoint): string {
  return JSON.stringify({ format: FORMAT, version: VERSION, ...state })
}

/**
 * Reads what {@link writeCheckpoint} wrote.
 *
 * @throws DetectError `ERR_DETECT_CHECKPOINT_FORMAT` or `ERR_DETECT_CHECKPOINT_VERSION`.
 */
export function readCheckpoint(text: string): Checkpoint {
  if (text.length > CHARS_MAX) throw broken('is too large')
  let state: unknown
  try {
    state = JSON.parse(text)
  } catch (error) {
    throw Object.assign(broken('is not JSON'), { cause: error })
  }
  if (!isObject(state)) throw broken('is not an object')
  const { format, version, counts, streams, repeats } = state
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
  if (!isRepeats(repeats)) throw broken('lacks its findings')
  return { counts, streams, repeats }
}

function broken(what: string): DetectError {
  return new DetectError(
    'ERR_DETECT_CHECKPOINT_FORMAT',
    `The detector's saved state ${what}; delete it and evaluate the log from its start.`,
  )
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

function isRuleCounts(value: unknown): value is DetectorRuleCounts {
  if (!isObject(value) || typeof value['ruleId'] !== 'string') return false
  return RULE_COUNTS.every((key) => Number.isSafeInteger(value[key]))
}

function isPair(value: unknown): value is readonly [string, unknown] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string'
}

function isStreams(value: unknown): value is Checkpoint['streams'] {
  return (
    Array.isArray(value) && value.every((pair) => isPair(pair) && Number.isSafeInteger(pair[1]))
  )
}

function isRepeats(value: unknown): value is RepeatState {
  return Array.isArray(value) && value.every((pair) => isPair(pair) && isFindings(pair[1]))
}

function isFindings(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((pair) => isPair(pair) && typeof pair[1] === 'string' && TIME.test(pair[1]))
  )
}
