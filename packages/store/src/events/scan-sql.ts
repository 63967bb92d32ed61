import { quote, REST_COLUMN } from './columns.ts'
import { conditionSql } from './condition-sql.ts'
import type { Parameters } from './engine.ts'
import type { EventCoverage, EventResult } from './event-store.ts'
import { decodeRow, ROW_COLUMNS } from './row.ts'
import { encodePosition, type RangePlan, type ScanPlan } from './scan.ts'

/** A statement and the values bound in it. */
export interface Statement {
  readonly sql: string
  readonly parameters: Parameters
}

const TIME = quote('@timestamp')
const HOST = quote('host.id')
const ID = quote('event.id')
const ORIGINAL = 'event.original'
/** The digits at the end of an id, as {@link sequenceOf} takes them. */
const SEQUENCE = `toUInt64OrZero(extract(${ID}, '(?:^|-)([0-9]{1,19})$'))`
const POSITION = [TIME, HOST, SEQUENCE, ID].join(', ')

/** Selects one event more than the page holds, to know whether there is a next page. */
export function scanStatement(plan: ScanPlan): Statement {
  const { condition, after, limit, original } = plan
  const range = rangeParts(plan)
  const { sql, parameters } = conditionSql(condition)
  // What no column holds may be what is asked for.
  const parts = [...range.parts, `(${quote(REST_COLUMN)} != '' or ${sql})`]
  const values: Record<string, Parameters[string]> = { ...range.parameters, ...parameters }
  if (after !== undefined) {
    const { time, host, sequence, id } = after
    Object.assign(values, { time, host, sequence, id })
    // The first part is for the index, which does not look into tuples.
    parts.push(
      `${TIME} >= ${timeOf('time')}`,
      `(${POSITION}) > (${timeOf('time')}, {host:String}, toUInt64({sequence:String}), {id:String})`,
    )
  }
  const columns = ROW_COLUMNS.map((name) => (name === ORIGINAL && !original ? `''` : quote(name)))
  return {
    sql: `select ${columns.join(', ')}, ${TIME}, ${HOST}, toString(${SEQUENCE}), ${ID}
from pomona.events where ${parts.join(' and ')} order by ${POSITION} limit ${limit + 1}`,
    parameters: values,
  }
}

/** Makes a page of the rows of {@link scanStatement}. */
export function pageOf(rows: readonly (readonly unknown[])[], limit: number): EventResult {
  const page = rows.slice(0, limit)
  const [time, host, sequence, id] = (page.at(-1) ?? []).slice(-4).map(String)
  const isMore = rows.length > limit && time !== undefined && host !== undefined
  return {
    events: page.map(decodeRow),
    ...(isMore && sequence !== undefined && id !== undefined
      ? { nextCursor: encodePosition({ time, host, sequence, id }) }
      : {}),
  }
}

/** Selects what {@link coverageOf} reads. */
export function coverageStatement(plan: RangePlan): Statement {
  const { parts, parameters } = rangeParts(plan)
  const where = parts.length === 0 ? '' : `where ${parts.join(' and ')}`
  return {
    sql: `select count(), uniqExact(${HOST}), uniqExact((${HOST}, toDate32(${TIME}))), min(${TIME}), max(${TIME})
from pomona.events ${where}`,
    parameters,
  }
}

/** Makes sense of the row of {@link coverageStatement}. */
export function coverageOf(row: readonly unknown[]): EventCoverage {
  const [events, hosts, hostDays] = row.slice(0, 3).map(Number)
  const [first, last] = row.slice(3)
  return {
    events: events ?? 0,
    hosts: hosts ?? 0,
    hostDays: hostDays ?? 0,
    ...(events !== 0 && typeof first === 'string' && typeof last === 'string'
      ? { first, last }
      : {}),
  }
}

function rangeParts({ hostIds, from, to }: RangePlan) {
  const parts: string[] = []
  const parameters: Record<string, Parameters[string]> = {}
  const add = (name: string, part: string, value: Parameters[string]): void => {
    parts.push(part)
    parameters[name] = value
  }
  if (hostIds !== undefined) add('hosts', `${HOST} in {hosts:Array(String)}`, hostIds)
  if (from !== undefined) add('from', `${TIME} >= ${timeOf('from')}`, from)
  if (to !== undefined) add('to', `${TIME} < ${timeOf('to')}`, to)
  return { parts, parameters }
}

function timeOf(name: string): string {
  return `parseDateTime64BestEffort({${name}:String}, 9, 'UTC')`
}
