/** Bounds and spans of incident tracking; every part has a default. */
export interface IncidentLimits {
  /** Hosts remembered. Default 5,000; the one without news for longest goes first. */
  readonly hostsMax: number
  /** Processes remembered of one host at most. Default 4,096. */
  readonly processesMax: number
  /** Processes remembered of all hosts; many hosts share them equally. Default 100,000. */
  readonly processesTotalMax: number
  /** Written files remembered of one host at most. Default 2,048. */
  readonly filesMax: number
  /** Written files remembered of all hosts, shared alike. Default 50,000. */
  readonly filesTotalMax: number
  /** Written files remembered of one process. Default 256: an unpacker is not all that happens. */
  readonly filesPerProcessMax: number
  /** Launch items remembered of one host. Default 512. */
  readonly launchItemsMax: number
  /** Addresses, domains and named files that alerts of one host told. Default 1,024. */
  readonly marksMax: number
  /** Incidents of one host that alerts may join. Default 64; the mildest is closed first. */
  readonly incidentsMax: number
  /** Rules, techniques and users named by one incident. Default 200. */
  readonly namesMax: number
  /** Processes looked at to place one alert. Default 64. */
  readonly reachMax: number
  /** An ended process that nothing refers to is forgotten after this. Default 2 min. */
  readonly exitGraceMs: number
  /** An incident takes alerts until it was quiet for this long. Default 24 h. */
  readonly idleMs: number
  /** A common ancestor that did nothing itself ties alerts this far apart. Default 1 h. */
  readonly ancestorSpanMs: number
  /** A shared address or named file ties alerts this far apart. Default 1 h. */
  readonly markSpanMs: number
  /** A shared domain ties alerts of one terminal session this far apart. Default 15 min. */
  readonly weakSpanMs: number
  /** An application that runs for longer serves its user, not one activity. Default 1 h. */
  readonly applicationSpanMs: number
  /** An application or service with more kinds of children is a launcher. Default 12. */
  readonly childKindsMax: number
}

/** The defaults of {@link IncidentLimits}. */
export const INCIDENT_LIMITS: IncidentLimits = {
  hostsMax: 5_000,
  processesMax: 4_096,
  processesTotalMax: 100_000,
  filesMax: 2_048,
  filesTotalMax: 50_000,
  filesPerProcessMax: 256,
  launchItemsMax: 512,
  marksMax: 1_024,
  incidentsMax: 64,
  namesMax: 200,
  reachMax: 64,
  exitGraceMs: 120_000,
  idleMs: 86_400_000,
  ancestorSpanMs: 3_600_000,
  markSpanMs: 3_600_000,
  weakSpanMs: 900_000,
  applicationSpanMs: 3_600_000,
  childKindsMax: 12,
}

/** What one host may remember while so many are known. Changes as hosts are added. */
export interface HostShare {
  processesMax: number
  filesMax: number
}

/**
 * The part of each host in what all may remember. It halves each time the number of hosts doubles,
 * so that it changes seldom and follows from that number alone.
 */
export function hostShare(hosts: number, limits: IncidentLimits): HostShare {
  const sharers = 2 ** Math.ceil(Math.log2(Math.max(1, hosts)))
  const part = (total: number, max: number): number =>
    Math.max(1, Math.min(max, Math.floor(total / sharers)))
  return {
    processesMax: part(limits.processesTotalMax, limits.processesMax),
    filesMax: part(limits.filesTotalMax, limits.filesMax),
  }
}
