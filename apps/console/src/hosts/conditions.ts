import type { HostRecord } from '@pomona/schema'

/** What may be wrong with a host, in the order in which it matters. */
export const CONDITIONS = [
  'duplicate',
  'ledger',
  'silent',
  'sensor_failed',
  'permission_missing',
  'certificate_over',
  'dropped',
  'lost',
  'unobserved',
  'bundle_refused',
  'bundle_rolled_back',
  'certificate_ends',
  'clock_off',
  'refused',
  'dead_letters',
  'behind',
] as const
/** One of {@link CONDITIONS}. */
export type ConditionKind = (typeof CONDITIONS)[number]

/** Something that is wrong with a host. */
export interface Condition {
  readonly kind: ConditionKind
  /** Nothing of the host is seen, or what is seen may not be true. */
  readonly grave: boolean
  /** Which one of several: a sensor, a permission. */
  readonly name?: string
  readonly count?: number
}

const GRAVE: ReadonlySet<ConditionKind> = new Set([
  ...(['duplicate', 'ledger', 'silent', 'sensor_failed'] as const),
  ...(['permission_missing', 'certificate_over'] as const),
])
const REPEATED = 'batch_repeated'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Renewal begins at half of 30 days: one that is so near its end was not renewed. */
const CERTIFICATE_ENDS_MS = 7 * DAY_MS
const CLOCK_OFF_MS = 60_000
/** Unsent events so old mean that the agent does not get through. */
const BEHIND_MS = 15 * 60_000

/** What is wrong with a host now, the worst first. */
export function conditionsOf(host: HostRecord, nowMs: number): readonly Condition[] {
  const { dead_letters: dead } = host
  const found = [
    ...agentConditions(host, nowMs),
    ...contactConditions(host, nowMs),
    ...(dead === undefined ? [] : [condition('dead_letters', { count: dead.count })]),
  ]
  return found.toSorted((a, b) => CONDITIONS.indexOf(a.kind) - CONDITIONS.indexOf(b.kind))
}

function condition(kind: ConditionKind, more: Pick<Condition, 'name' | 'count'> = {}): Condition {
  return { kind, grave: GRAVE.has(kind), ...more }
}

function agentConditions({ agent }: HostRecord, nowMs: number): readonly Condition[] {
  if (agent === undefined) return []
  const { last_day: day, bundle, sensors, spool_oldest: oldest } = agent
  const failed = sensors.filter(({ state }) => state === 'failed' || state === 'degraded')
  return [
    ...(agent.state === 'silent' ? [condition('silent')] : []),
    ...(agent.ledger_problem === undefined ? [] : [condition('ledger')]),
    ...failed.map(({ sensor }) => condition('sensor_failed', { name: sensor })),
    ...agent.permissions_missing.map((name) => condition('permission_missing', { name })),
    ...(day.dropped > 0 ? [condition('dropped', { count: day.dropped })] : []),
    ...(day.lost > 0 ? [condition('lost', { count: day.lost })] : []),
    ...(day.unobserved_ms > 0 ? [condition('unobserved')] : []),
    ...(bundle.state === 'refused' ? [condition('bundle_refused')] : []),
    ...(bundle.state === 'rolled_back' ? [condition('bundle_rolled_back')] : []),
    ...(Math.abs(agent.skew_ms) > CLOCK_OFF_MS ? [condition('clock_off')] : []),
    ...(oldest !== undefined && nowMs - Date.parse(oldest) > BEHIND_MS
      ? [condition('behind', { count: agent.spool_events })]
      : []),
  ]
}

function contactConditions({ contact }: HostRecord, nowMs: number): readonly Condition[] {
  if (contact === undefined) return []
  const { suspicion, certificate_end: end, refusals } = contact
  const leftMs = end === undefined ? Infinity : Date.parse(end) - nowMs
  const isRecent = (last: string): boolean => nowMs - Date.parse(last) < DAY_MS
  // An agent that did not hear the answer repeats its batch: that is no problem by itself.
  const count = Object.entries(refusals)
    .filter(([code, { last }]) => code !== REPEATED && isRecent(last))
    .reduce((sum, [, refusal]) => sum + refusal.count, 0)
  return [
    ...(suspicion?.recent === true ? [condition('duplicate')] : []),
    ...(leftMs <= 0 ? [condition('certificate_over')] : []),
    ...(leftMs > 0 && leftMs < CERTIFICATE_ENDS_MS ? [condition('certificate_ends')] : []),
    ...(count > 0 ? [condition('refused', { count })] : []),
  ]
}
