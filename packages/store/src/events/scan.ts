import { padTime } from '@pomona/schema'
import { boundText, boundTime } from '../cursor.ts'
import { StoreError } from '../errors.ts'
import { type ColumnCondition, planCondition } from './condition.ts'
import type { EventRange, EventScan } from './event-store.ts'
import { clampTime } from './row.ts'

/** Events one page of a scan may hold. */
export const SCAN_PAGE_MAX = 10_000
/** Hosts one scan may name. */
export const SCAN_HOSTS_MAX = 10_000

/** Place of an event in the order of a scan: time, host, sequence in its stream, id. */
export interface ScanPosition {
  readonly time: string
  readonly host: string
  /** Decimal digits. */
  readonly sequence: string
  readonly id: string
}

/** A range, checked. */
export interface RangePlan {
  readonly hostIds?: readonly string[]
  readonly from?: string
  readonly to?: string
}

/** A scan, checked. */
export interface ScanPlan extends RangePlan {
  readonly condition: ColumnCondition
  readonly after?: ScanPosition
  readonly limit: number
  readonly original: boolean
}

/** @throws StoreError ERR_QUERY_INVALID for what cannot be asked. */
export function planRange({ hostIds, from, to }: EventRange): RangePlan {
  if ((hostIds?.length ?? 0) > SCAN_HOSTS_MAX) {
    throw new StoreError('ERR_QUERY_INVALID', `Name at most ${SCAN_HOSTS_MAX} hosts, or none.`)
  }
  return {
    ...(hostIds === undefined ? {} : { hostIds: hostIds.map((id) => boundText('host', id)) }),
    ...(from === undefined ? {} : { from: clampTime(boundTime('from', from)) }),
    ...(to === undefined ? {} : { to: clampTime(boundTime('to', to)) }),
  }
}

/** @throws StoreError ERR_QUERY_INVALID for what cannot be asked. */
export function planScan(scan: EventScan): ScanPlan {
  const { condition, cursor, limit, original = false } = scan
  return {
    ...planRange(scan),
    condition: planCondition(condition),
    limit: Math.min(Math.max(1, limit), SCAN_PAGE_MAX),
    original,
    ...(cursor === undefined ? {} : { after: decodePosition(cursor) }),
  }
}

/** Writes a position as text that survives a URL. */
export function encodePosition({ time, host, sequence, id }: ScanPosition): string {
  return Buffer.from(JSON.stringify([time, host, sequence, id])).toString('base64url')
}

function decodePosition(text: string): ScanPosition {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch (error) {
    throw invalidPosition(error)
  }
  if (!isTexts(value) || value.length !== 4) throw invalidPosition()
  const [time = '', host = '', sequence = '', id = ''] = value
  const padded = padTime(time)
  if (padded === undefined || !SEQUENCE.test(sequence)) throw invalidPosition()
  return {
    time: clampTime(padded),
    host: boundText('cursor', host),
    sequence,
    id: boundText('cursor', id),
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

const SEQUENCE = /^\d{1,19}$/

function invalidPosition(cause?: unknown): StoreError {
  const message = 'The cursor is not one of ours; start from the beginning.'
  return new StoreError('ERR_QUERY_INVALID', message, { cause })
}

/** The sequence at the end of an event's id; `0` of an id without one. */
export function sequenceOf(id: string): string {
  const digits = id.slice(id.lastIndexOf('-') + 1)
  return SEQUENCE.test(digits) ? String(BigInt(digits)) : '0'
}

/** Order of a scan. */
export function comparePositions(a: ScanPosition, b: ScanPosition): number {
  return (
    compare(a.time, b.time) ||
    compare(a.host, b.host) ||
    compare(BigInt(a.sequence), BigInt(b.sequence)) ||
    compare(a.id, b.id)
  )
}

function compare<Value extends string | bigint>(a: Value, b: Value): number {
  return a === b ? 0 : a < b ? -1 : 1
}
