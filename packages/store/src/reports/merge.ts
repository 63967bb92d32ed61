import {
  type ActivityEntry,
  type AgentReport,
  LEDGER_START,
  ledgerHash,
  type LedgerProblem,
  type LedgerRow,
  type SensorHealth,
} from '@pomona/schema'
import { addSums, NO_SUMS, sumsOf } from './ledger-sums.ts'
import type {
  AgentStanding,
  BundleTrial,
  LedgerPlace,
  ReceivedReport,
  StoredReport,
} from './reports.ts'

/** What a report changes. */
export interface Merged {
  readonly agent: AgentStanding
  /** New rows of the ledger, of the chain `agent.ledger.installation`. */
  readonly rows: readonly LedgerRow[]
  readonly problem?: LedgerProblem
  /** The row the agent is to send next. */
  readonly wanted: number
  readonly history: readonly ActivityEntry[]
}

/**
 * Hash of a stored row of the host's present chain; `undefined` when it is not kept any more.
 */
export type HashLookup = (index: number) => string | undefined

/** Adds a report to what is known of an agent. */
export function mergeReport(
  known: AgentStanding | undefined,
  received: ReceivedReport,
  hashAt: HashLookup,
): Merged {
  const { tenantId, hostId, skewMs, intervalSeconds } = received
  const { ledger: sent, ledger_end: end, ...report } = received.report
  const asksAnew = isNewLedger(known?.ledger, received)
  const place = placeFor(known?.ledger, received, hashAt)
  const walk = walkLedger(place, { sent, hashAt, ...(!asksAnew && end !== undefined && { end }) })
  const ledger = withProblem(walk, known?.ledger, received.received)
  const crashed = isCrash(known?.report, report)
  const crashes = (known?.crashes ?? 0) + (crashed ? 1 : 0)
  const agent: AgentStanding = {
    tenantId,
    hostId,
    report,
    received: received.received,
    skewMs,
    intervalSeconds,
    crashes,
    ledger,
    trial: trialOf(known, { report, crashed, at: received.received }),
    totals: walk.rows.map(sumsOf).reduce(addSums, known?.totals ?? NO_SUMS),
  }
  const lines = [...changesOf(known, agent, crashed), ...ledgerLines(known?.ledger, ledger)]
  return {
    agent,
    rows: walk.rows,
    wanted: asksAnew ? 0 : ledger.next,
    ...(walk.problem !== undefined && { problem: walk.problem.kind }),
    history: lines.map(({ action, ...details }) => ({
      time: received.received,
      actor: 'agent',
      action,
      details,
    })),
  }
}

interface Walk {
  readonly place: LedgerPlace
  readonly rows: readonly LedgerRow[]
  readonly problem?: { readonly kind: LedgerProblem; readonly index: number }
}

const FIRST_PLACE: LedgerPlace = { installation: 0, next: 0, head: LEDGER_START, refused: {} }

/**
 * A Mac that enrolled again may have lost its ledger with everything else, so then, and only then,
 * another row 0 begins a chain of its own.
 */
function placeFor(
  known: LedgerPlace | undefined,
  { enrolled, report }: ReceivedReport,
  hashAt: HashLookup,
): LedgerPlace {
  const enrolment = enrolled === undefined ? {} : { enrolled }
  if (known === undefined) return { ...FIRST_PLACE, ...enrolment }
  if (enrolled === undefined || enrolled === known.enrolled) return known
  const [first] = report.ledger
  const begins = first?.index === 0 && first.previous === LEDGER_START && known.next > 0
  // The chain it had goes on under the new enrolment.
  if (!begins || hashAt(0) === first.hash) return { ...known, ...(first && enrolment) }
  const { installation, refused } = known
  return { ...FIRST_PLACE, installation: installation + 1, refused, ...enrolment }
}

/** Whether a Mac that enrolled again has less than is stored of it, and no row to begin with. */
function isNewLedger(
  known: LedgerPlace | undefined,
  { enrolled, report }: ReceivedReport,
): boolean {
  if (known === undefined || enrolled === undefined || enrolled === known.enrolled) return false
  const end = report.ledger_end
  return report.ledger.length === 0 && end !== undefined && end < known.next
}

interface Offered {
  readonly sent: readonly LedgerRow[]
  readonly hashAt: HashLookup
  /** Index after the agent's newest row. */
  readonly end?: number
}

function walkLedger(place: LedgerPlace, { sent, hashAt, end }: Offered): Walk {
  const rows: LedgerRow[] = []
  let { next, head } = place
  let problem: Walk['problem']
  for (const row of sent) {
    const kind = problemOf(row, { next, head, stored: hashAt(row.index) })
    if (kind !== undefined) {
      problem = { kind, index: row.index }
      break
    }
    if (row.index < next) continue
    rows.push(row)
    next = row.index + 1
    head = row.hash
  }
  // What was stored is gone from the Mac: its ledger was set back.
  if (problem === undefined && end !== undefined && end < next) {
    problem = { kind: 'fork', index: end }
  }
  const walked = { place: { ...place, next, head }, rows }
  return problem === undefined ? walked : { ...walked, problem }
}

function problemOf(
  row: LedgerRow,
  { next, head, stored }: { next: number; head: string; stored: string | undefined },
): LedgerProblem | undefined {
  if (ledgerHash(row) !== row.hash) return 'altered'
  if (row.index > next) return 'gap'
  if (row.index === next) return row.previous === head ? undefined : 'fork'
  return stored === undefined || stored === row.hash ? undefined : 'fork'
}

function withProblem(walk: Walk, known: LedgerPlace | undefined, at: string): LedgerPlace {
  const { problem: _, ...place } = walk.place
  if (walk.problem !== undefined) {
    const { kind, index } = walk.problem
    const before = known?.problem
    const since = before?.kind === kind ? before.since : at
    const refused = { ...place.refused, [kind]: (place.refused[kind] ?? 0) + 1 }
    return { ...place, refused, problem: { kind, index, since } }
  }
  const isMended = walk.rows.length > 0
  return known?.problem === undefined || isMended ? place : { ...place, problem: known.problem }
}

/** Another start without a last word of the one before. */
function isCrash(before: StoredReport | undefined, now: StoredReport): boolean {
  if (before === undefined || before.session_id === now.session_id) return false
  // A Mac that was started anew ended everything on it, in order or not.
  return before.stopping !== true && before.boot_id === now.boot_id
}

interface TrialFacts {
  readonly report: StoredReport
  readonly crashed: boolean
  readonly at: string
}

function trialOf(
  known: AgentStanding | undefined,
  { report, crashed, at }: TrialFacts,
): BundleTrial {
  const { applied } = report.bundle
  const id = applied === undefined ? {} : { id: applied }
  const before = known?.trial
  if (before === undefined || before.id !== applied) {
    return { ...id, since: at, crashes: 0, alerts: 0 }
  }
  const sameStart = known?.report.session_id === report.session_id
  const counted = sameStart ? (known?.report.usage.alerts ?? 0) : 0
  const alerts = before.alerts + Math.max(0, report.usage.alerts - counted)
  return { ...id, since: before.since, crashes: before.crashes + (crashed ? 1 : 0), alerts }
}

type Line = { readonly action: string } & Readonly<Record<string, string>>

function changesOf(
  known: AgentStanding | undefined,
  { report }: AgentStanding,
  crashed: boolean,
): readonly Line[] {
  const before = known?.report
  const version = report.host.agent_version ?? ''
  const lines: Line[] = []
  if (before?.session_id !== report.session_id) {
    lines.push({ action: crashed ? 'restarted_after_crash' : 'started', version })
  }
  if (report.stopping === true && before?.stopping !== true) lines.push({ action: 'stopped' })
  return [
    ...lines,
    ...sensorLines(before?.sensors ?? [], report.sensors),
    ...permissionLines(before, report),
    ...bundleLines(before, report),
  ]
}

function sensorLines(
  before: readonly SensorHealth[],
  now: readonly SensorHealth[],
): readonly Line[] {
  return now.flatMap(({ sensor, state, problem }) => {
    const was = before.find((one) => one.sensor === sensor)
    const [from, to] = [was?.state ?? 'starting', state]
    const isWorth = from !== to && [from, to].some((one) => one === 'failed' || one === 'degraded')
    if (!isWorth) return []
    return [{ action: 'sensor_changed', sensor, from, to, ...(problem && { code: problem.code }) }]
  })
}

function permissionLines(before: StoredReport | undefined, now: StoredReport): readonly Line[] {
  return now.permissions.flatMap(({ name, granted }) => {
    const was = before?.permissions.find((one) => one.name === name)?.granted ?? true
    if (was === granted) return []
    return [{ action: granted ? 'permission_granted' : 'permission_missing', permission: name }]
  })
}

function bundleLines(
  before: StoredReport | undefined,
  { bundle }: Pick<AgentReport, 'bundle'>,
): readonly Line[] {
  const was = before?.bundle
  const isSame =
    was?.state === bundle.state && was.applied === bundle.applied && was.offered === bundle.offered
  if (isSame || bundle.state === 'none') return []
  const id = (bundle.state === 'applied' ? bundle.applied : bundle.offered) ?? ''
  return [
    {
      action: `bundle_${bundle.state}`,
      bundle: id.slice(0, 12),
      ...(bundle.reason !== undefined && { reason: bundle.reason }),
    },
  ]
}

function ledgerLines(before: LedgerPlace | undefined, now: LedgerPlace): readonly Line[] {
  const lines: Line[] = []
  if (before !== undefined && before.installation !== now.installation) {
    lines.push({ action: 'ledger_began', rows_before: String(before.next) })
  }
  if (now.problem !== undefined && before?.problem?.kind !== now.problem.kind) {
    const { kind, index } = now.problem
    lines.push({ action: 'ledger_refused', problem: kind, row: String(index) })
  }
  if (now.problem === undefined && before?.problem !== undefined) {
    lines.push({ action: 'ledger_goes_on', row: String(now.next - 1) })
  }
  return lines
}
