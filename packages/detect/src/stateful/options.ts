import type { ReorderOptions } from '../time/reorder.ts'
import type { WorkLimits } from './work-budget.ts'

/** Bounds of everything that takes more than one event. All have defaults. */
export interface StatefulLimits {
  /** How far out of order the events of one host may come. Default 2,000. */
  readonly latenessMs?: number
  /** The same between the hosts of a tenant, for rules of scope `fleet`. Default 10,000. */
  readonly fleetLatenessMs?: number
  /** Events held of one host until they are in order. Default 5,000; the oldest goes on. */
  readonly hostHeldMax?: number
  /** Events held of all hosts. Default 50,000; the oldest of who holds longest goes on. */
  readonly heldMax?: number
  /** Hosts whose time is known. Default 100,000; the one silent longest is forgotten. */
  readonly hostsMax?: number
  /** Time of the others after which a silent host's events are evaluated. Default 10,000. */
  readonly idleMs?: number
  /** Partials a rule may have open. Default 100,000; the oldest goes. */
  readonly partialsMax?: number
  /** Partials a rule may have open on one host. Default 5,000; the oldest goes. */
  readonly hostPartialsMax?: number
  /** Bytes of all partials, estimated. Default 128 MiB; the oldest of the largest rule go. */
  readonly partialsBytesMax?: number
  /** Bytes of all windows of correlations, estimated; each has an equal share. Default 128 MiB. */
  readonly windowsBytesMax?: number
  /** Process images known to come from something, of one host. Default 4,096; the oldest goes. */
  readonly lineageHostMax?: number
  /** The same of all hosts. Default 1,000,000. */
  readonly lineageMax?: number
  /** Event time for which an image that ended is remembered. Default 60,000. */
  readonly lineageGraceMs?: number
  /** Events after which every rule's work is counted anew. Default 10,000. */
  readonly workBlockEvents?: number
  /** Work of a rule in so many events. Default 200,000; it then gets no more of them. */
  readonly ruleWorkMax?: number
  /** The same for the events of one host. Default 100,000. */
  readonly hostWorkMax?: number
}

/** {@link StatefulLimits} as the parts take them. */
export interface StatefulOptions {
  readonly hosts: ReorderOptions
  readonly fleet: ReorderOptions
  readonly sequences: {
    readonly openMax: number
    readonly scopeOpenMax: number
    readonly bytesMax: number
  }
  readonly correlations: { readonly bytesMax: number }
  readonly lineage: {
    readonly graceMs: number
    readonly scopeNodesMax: number
    readonly nodesMax: number
  }
  readonly work: WorkLimits
}

const MEBIBYTE = 1_048_576

/** Fills in the defaults. */
export function statefulOptions(limits: StatefulLimits): StatefulOptions {
  const { heldMax = 50_000, hostsMax = 100_000, idleMs = 10_000 } = limits
  const order = { heldMax, scopesMax: hostsMax, idleMs }
  return {
    hosts: {
      ...order,
      latenessMs: limits.latenessMs ?? 2_000,
      scopeHeldMax: limits.hostHeldMax ?? 5_000,
    },
    fleet: { ...order, latenessMs: limits.fleetLatenessMs ?? 10_000, scopeHeldMax: heldMax },
    sequences: {
      openMax: limits.partialsMax ?? 100_000,
      scopeOpenMax: limits.hostPartialsMax ?? 5_000,
      bytesMax: limits.partialsBytesMax ?? 128 * MEBIBYTE,
    },
    correlations: { bytesMax: limits.windowsBytesMax ?? 128 * MEBIBYTE },
    lineage: {
      graceMs: limits.lineageGraceMs ?? 60_000,
      scopeNodesMax: limits.lineageHostMax ?? 4_096,
      nodesMax: limits.lineageMax ?? 1_000_000,
    },
    work: {
      blockEvents: limits.workBlockEvents ?? 10_000,
      ruleWorkMax: limits.ruleWorkMax ?? 200_000,
      hostWorkMax: limits.hostWorkMax ?? 100_000,
    },
  }
}
