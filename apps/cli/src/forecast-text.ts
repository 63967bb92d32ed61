import type { BacktestResult, Cause, Proposal, RuleForecast } from '@pomona/investigate'
import { printable } from './printable.ts'

const HEAD = ['alerts', 'matches', 'excepted', 'hosts', 'p50', 'p95', 'max', 'severity', 'rule']
const COLUMNS_RIGHT = 7
const CAUSES_TOLD_MAX = 3

/** The forecast of a backtest for people: the rules that spoke as a table, then why they did. */
export function forecastLines({ forecasts, excepted }: BacktestResult): readonly string[] {
  const loud = forecasts.filter(({ alerts, excepted: hidden }) => alerts + hidden > 0)
  const quiet = forecasts.length - loud.length
  if (loud.length === 0) return [`None of ${quiet} rules would have fired.`]
  const rows = loud.map(
    ({
      alerts,
      matches,
      excepted: hidden,
      hosts,
      per_host_day: day,
      severity,
      rule_name: name,
    }) => [
      ...[alerts, matches, hidden, hosts, day.p50, day.p95, day.max].map(String),
      severity,
      printable(name),
    ],
  )
  return [
    ...table([HEAD, ...rows]),
    `p50, p95, max: alerts of one Mac on one day. ${quiet} rules without alerts are left out.`,
    ...excepted.map(exceptionLine),
    ...loud.filter(({ alerts }) => alerts > 0).flatMap((forecast) => ['', ...causeLines(forecast)]),
  ]
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEAD.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0
        return index < COLUMNS_RIGHT ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

function exceptionLine({
  alerts,
  name,
  owner,
  reason,
}: BacktestResult['excepted'][number]): string {
  const who = `${printable(name, 100)} (${printable(owner, 100)})`
  return `${alerts} would not be told by the exception ${who}: ${printable(reason, 200)}`
}

function causeLines({ rule_name: name, causes, proposal }: RuleForecast): readonly string[] {
  return [
    printable(name),
    ...causes.slice(0, CAUSES_TOLD_MAX).map(({ alerts, share, cause }) => {
      return `  ${alerts} (${Math.round(share * 100)} %)  ${printable(causeText(cause), 400)}`
    }),
    ...(proposal === undefined ? [] : proposalLines(proposal)),
  ]
}

function causeText({
  signer,
  signing_id: id,
  team_id: team,
  process,
  parent,
  file,
}: Cause): string {
  const signature = [signer, id, team].filter((part) => part !== undefined).join(' ')
  return [
    `${process ?? 'a process'} [${signature}]`,
    ...(parent === undefined ? [] : [`started by ${parent}`]),
    ...(file === undefined ? [] : [`on ${file}`]),
  ].join(', ')
}

function proposalLines({ tried, removes, keeps, document }: Proposal): readonly string[] {
  const { p50, p95, max } = keeps.per_host_day
  return [
    `  An exception would take away ${removes} of ${tried} and keep ${keeps.alerts} on ` +
      `${keeps.hosts} Macs (a day ${p50}, ${p95}, ${max}). Is that program harmless?`,
    ...document
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `    ${printable(line, 400)}`),
  ]
}
