import { createHash } from 'node:crypto'
import {
  type HostId,
  type HostState,
  parseTime,
  type RolloutCounts,
  type RolloutSettings,
} from '@pomona/schema'
import type { AgentStanding, StoredBundle } from '@pomona/store'

/** A host as the roll-out sees it. */
export interface RolloutHost {
  readonly hostId: HostId
  readonly state: HostState
  readonly bundle: AgentStanding['report']['bundle']
  readonly trial: AgentStanding['trial']
}

/** What is to be done about a bundle that is rolled out. */
export type RolloutStep =
  | { readonly kind: 'wait' }
  | { readonly kind: 'advance'; readonly ring: number }
  | { readonly kind: 'complete' }
  | { readonly kind: 'halt'; readonly reason: string }

/** Starts of an agent without an orderly end that are blamed on the bundle it runs. */
const CRASHES_MIN = 2
const MS_PER_MINUTE = 60_000
const NS_PER_MS = 1_000_000n
const HOSTS_NAMED_MAX = 3

/** Rings there are: the canaries, the shares, everybody. */
export function ringsOf({ ring_percents: percents }: RolloutSettings): number {
  return percents.length + 2
}

/**
 * The hosts that are to run a bundle in a ring: those of the rings before are among them. Canaries
 * are those that were named, else one host; the others follow in an order that is always the same.
 */
export function invitedTo(
  ring: number,
  hosts: readonly RolloutHost[],
  settings: RolloutSettings,
): readonly RolloutHost[] {
  const named = new Set(settings.canary_hosts)
  const canaries = hosts.filter(({ hostId }) => named.has(hostId))
  const others = hosts
    .filter(({ hostId }) => !named.has(hostId))
    .map((host) => [placeOf(host), host] as const)
  const order = [
    ...canaries,
    ...others.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, host]) => host),
  ]
  return order.slice(0, sizeOf(ring, { count: hosts.length, canaries: canaries.length, settings }))
}

interface Sizes {
  readonly count: number
  readonly canaries: number
  readonly settings: RolloutSettings
}

function sizeOf(ring: number, { count, canaries, settings }: Sizes): number {
  if (ring >= ringsOf(settings) - 1) return count
  const shares = settings.ring_percents.slice(0, ring)
  const sizes = shares.map((percent) => Math.ceil((count * percent) / 100))
  return Math.min(count, Math.max(1, canaries, ...sizes))
}

function placeOf({ hostId }: RolloutHost): string {
  return createHash('sha256').update(`rollout ${hostId}`).digest('hex')
}

type Standing = 'applied' | 'refused' | 'rolled_back' | 'crashed' | 'noisy' | 'pending'

function standingOf(
  { bundle, trial }: RolloutHost,
  id: string,
  settings: RolloutSettings,
): Standing {
  if (bundle.offered === id && bundle.state === 'refused') return 'refused'
  if (bundle.offered === id && bundle.state === 'rolled_back') return 'rolled_back'
  if (bundle.applied !== id || trial.id !== id) return 'pending'
  if (trial.crashes >= CRASHES_MIN) return 'crashed'
  return trial.alerts > settings.alerts_per_host_max ? 'noisy' : 'applied'
}

/** How many of the invited hosts are where. */
export function countsOf(
  id: string,
  invited: readonly RolloutHost[],
  settings: RolloutSettings,
): RolloutCounts {
  const counts = { applied: 0, refused: 0, rolled_back: 0, crashed: 0, noisy: 0, pending: 0 }
  for (const host of invited) counts[standingOf(host, id, settings)] += 1
  const { pending: _, ...shown } = counts
  return { hosts: invited.length, ...shown }
}

const FAULTS = {
  refused: 'refused it',
  rolled_back: 'went back by itself',
  crashed: 'keeps ending with it',
  noisy: 'tells too many alerts with it',
} as const

interface Rolling {
  readonly bundle: StoredBundle
  readonly hosts: readonly RolloutHost[]
  readonly settings: RolloutSettings
  readonly nowMs: number
}

/**
 * Decides about a bundle that is rolled out. It goes on when its ring was watched for long enough,
 * at least one host runs it, and so does every host of the ring that is online. A ring of which no
 * host is online waits.
 */
export function nextStep({ bundle, hosts, settings, nowMs }: Rolling): RolloutStep {
  const { id, ring } = bundle
  const invited = invitedTo(ring, hosts, settings)
  const standings = invited.map((host) => [host, standingOf(host, id, settings)] as const)
  const faulty = standings.flatMap(([host, standing]) =>
    standing === 'applied' || standing === 'pending' ? [] : [{ host, standing }],
  )
  if (faulty.length > Math.max(settings.failures_max, bundle.tolerated ?? 0)) {
    return { kind: 'halt', reason: reasonOf(faulty) }
  }
  // Nobody is there to be harmed.
  if (hosts.length === 0) return { kind: 'complete' }
  const sinceMs = Number((parseTime(bundle.ring_since) ?? 0n) / NS_PER_MS)
  const isWatched = nowMs - sinceMs >= settings.soak_minutes * MS_PER_MINUTE
  const applied = standings.filter(([, standing]) => standing === 'applied').length
  const lacks = standings.some(([{ state }, one]) => state === 'online' && one === 'pending')
  if (!isWatched || applied === 0 || lacks) return { kind: 'wait' }
  const last = ringsOf(settings) - 1
  return ring >= last ? { kind: 'complete' } : { kind: 'advance', ring: ring + 1 }
}

function reasonOf(
  faulty: readonly { readonly host: RolloutHost; readonly standing: keyof typeof FAULTS }[],
): string {
  const named = faulty.slice(0, HOSTS_NAMED_MAX).map(({ host, standing }) => {
    const why = host.bundle.reason
    return `${host.hostId} ${FAULTS[standing]}${why === undefined ? '' : `: ${why}`}`
  })
  const rest = faulty.length - named.length
  return [...named, ...(rest > 0 ? [`and ${rest} others`] : [])].join('; ')
}
