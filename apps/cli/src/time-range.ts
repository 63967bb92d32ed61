import { type Clock, formatTime, parseTime, type TimeNs } from '@pomona/schema'
import type { Input, Options } from './command-line.ts'
import { wrongUse } from './errors.ts'

/** The options that say which time is meant. */
export const RANGE_OPTIONS: Options = {
  from: { type: 'string', value: 'TIME', description: 'First time, such as 2026-01-31T12:00:00Z.' },
  to: { type: 'string', value: 'TIME', description: 'First time that is left out.' },
  last: { type: 'string', value: 'SPAN', description: 'Until now: 12h, 7d. Instead of --from.' },
}

const SPAN = /^(\d{1,6})(m|h|d|w)$/
const UNIT_NS: Readonly<Record<string, TimeNs>> = {
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
}
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Times of nine digits, as events carry them. */
export interface TimeRange {
  readonly from?: string
  readonly to?: string
}

/** @throws CliError ERR_CLI_USAGE for what is no time, or a range without any. */
export function timeRange(input: Input, clock: Clock): TimeRange {
  const last = input.text('last')
  if (last !== undefined && input.text('from') !== undefined) {
    throw wrongUse('--last and --from exclude each other.')
  }
  const from = last === undefined ? timeOf(input, 'from') : clock.nowNs() - spanOf(last)
  const to = timeOf(input, 'to')
  if (from !== undefined && to !== undefined && from >= to) {
    throw wrongUse('--from lies after --to.')
  }
  return {
    ...(from === undefined ? {} : { from: formatTime(from) }),
    ...(to === undefined ? {} : { to: formatTime(to) }),
  }
}

function timeOf(input: Input, name: string): TimeNs | undefined {
  const text = input.text(name)
  if (text === undefined) return undefined
  const atNs = parseTime(DAY.test(text) ? `${text}T00:00:00Z` : text)
  if (atNs !== undefined && atNs > 0n) return atNs
  throw wrongUse(
    `--${name} takes a time such as 2026-01-31T12:00:00Z or 2026-01-31, not "${text}".`,
  )
}

function spanOf(text: string): TimeNs {
  const [, count, unit = ''] = SPAN.exec(text) ?? []
  const unitNs = UNIT_NS[unit]
  if (count !== undefined && unitNs !== undefined) return BigInt(count) * unitNs
  throw wrongUse(`--last takes a span such as 30m, 12h, 7d or 4w, not "${text}".`)
}
