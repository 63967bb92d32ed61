import {
  type Alert,
  deriveId,
  type Incident,
  inOneVocabulary,
  type Severity,
  severityRank,
} from '@pomona/schema'
import { isServant } from './hub.ts'
import { activityOf, incidentName } from './name.ts'
import type { ProcessNode } from './node.ts'
import { originOf, type OriginFacts } from './origin.ts'
import { incidentRisk, incidentSeverity } from './severity.ts'
import { inMatrixOrder } from './tactics.ts'

/** A rule that fired in an incident. */
export interface FiredRule {
  readonly name: string
  /** Highest risk score of its alerts. */
  readonly score: number
}

/** The process an incident goes back to, as it was when it was found. */
export type RootProcess = NonNullable<Incident['root']> &
  Pick<OriginFacts, 'script'> & {
    readonly startMs: number
    readonly platform: boolean
  }

/** An incident that alerts may still join: what its alerts add up to, not the alerts themselves. */
export interface OpenIncident {
  readonly id: string
  readonly tenantId: string
  readonly hostId: string
  hostName: string | undefined
  firstTime: string
  lastTime: string
  /** Event time of its first and latest alert. */
  firstMs: number
  lastMs: number
  highest: Severity
  alertCount: number
  readonly rules: Map<string, FiredRule>
  readonly techniques: Set<string>
  readonly tactics: Set<string>
  readonly users: Set<string>
  root: RootProcess | undefined
  /** First program without trust that an alert spoke of. */
  program: string | undefined
  /** First address somebody came from. */
  source: string | undefined
  /** Processes that belong to it. */
  readonly members: Set<ProcessNode>
}

/** Opens an incident for its first alert; the id is that alert's, hashed. */
export function openIncident(alert: Alert, atMs: number): OpenIncident {
  return {
    id: deriveId('incident', [alert.tenant_id, alert.id]),
    tenantId: alert.tenant_id,
    hostId: alert.host.id,
    hostName: alert.host.name,
    firstTime: alert.time,
    lastTime: alert.time,
    firstMs: atMs,
    lastMs: atMs,
    highest: alert.severity,
    alertCount: 0,
    rules: new Map(),
    techniques: new Set(),
    tactics: new Set(),
    users: new Set(),
    root: undefined,
    program: undefined,
    source: undefined,
    members: new Set(),
  }
}

/** What an alert adds beside itself. */
export interface Addition {
  readonly atMs: number
  readonly namesMax: number
  /** Where somebody came from. */
  readonly source: string | undefined
  readonly actor: ProcessNode | undefined
}

/** Adds an alert to what an incident knows. */
export function addAlert(incident: OpenIncident, alert: Alert, addition: Addition): void {
  const { atMs, namesMax, source, actor } = addition
  incident.alertCount += 1
  takeSpan(incident, { firstTime: alert.time, lastTime: alert.time, firstMs: atMs, lastMs: atMs })
  takeHighest(incident, alert.severity)
  incident.hostName ??= alert.host.name
  const known = incident.rules.get(alert.rule_id)
  if (known !== undefined || incident.rules.size < namesMax) {
    const score = Math.max(known?.score ?? 0, alert.risk_score)
    incident.rules.set(alert.rule_id, { name: alert.rule_name, score })
  }
  for (const { id } of alert.techniques) addBounded(incident.techniques, id, namesMax)
  for (const tactic of alert.tactics) addBounded(incident.tactics, tactic, namesMax)
  if (alert.user?.name !== undefined) addBounded(incident.users, alert.user.name, namesMax)
  incident.source ??= source
  const { program } = actor ?? {}
  if (program !== undefined && !program.trusted && !program.platform) {
    incident.program ??= originOf({ ...program, platform: false })
  }
}

/** Two incidents that turned out to be one. */
export interface Merge {
  readonly into: OpenIncident
  readonly from: OpenIncident
}

/** Takes everything of another incident into an earlier one. */
export function absorb({ into, from }: Merge, namesMax: number): void {
  into.alertCount += from.alertCount
  takeSpan(into, from)
  takeHighest(into, from.highest)
  into.hostName ??= from.hostName
  for (const [id, rule] of from.rules) {
    const known = into.rules.get(id)
    if (known === undefined && into.rules.size >= namesMax) continue
    into.rules.set(id, { ...rule, score: Math.max(rule.score, known?.score ?? 0) })
  }
  for (const id of from.techniques) addBounded(into.techniques, id, namesMax)
  for (const tactic of from.tactics) addBounded(into.tactics, tactic, namesMax)
  for (const user of from.users) addBounded(into.users, user, namesMax)
  into.source ??= from.source
  into.program ??= from.program
  if (from.root !== undefined) takeRoot(into, from.root)
  for (const node of from.members) {
    node.incident = into
    into.members.add(node)
  }
  from.members.clear()
}

/** Makes a process part of an incident; the earliest one is what the incident goes back to. */
export function addMember(incident: OpenIncident, node: ProcessNode): void {
  node.incident ??= incident
  if (node.incident !== incident) return
  incident.members.add(node)
  const { program, pid, images, startMs } = node
  // A service of the system that does what others ask is not where it began, unless it is accused.
  if (program.platform && isServant(node) && !node.alerted) return
  takeRoot(incident, {
    pid,
    pidversion: program.pidversion ?? 0,
    entity_id: images.at(-1) ?? '',
    ...(program.name !== undefined && { name: program.name }),
    ...(program.executable !== undefined && { executable: program.executable }),
    ...(program.commandLine !== undefined && { command_line: program.commandLine }),
    script: program.script ?? program.paths[0],
    startMs,
    platform: program.platform,
  })
}

function takeRoot(incident: OpenIncident, root: RootProcess): void {
  const known = incident.root
  const isSame = known !== undefined && known.pid === root.pid && known.startMs === root.startMs
  if (known === undefined || root.startMs < known.startMs || isSame) incident.root = root
}

function takeSpan(
  incident: OpenIncident,
  span: Pick<OpenIncident, 'firstTime' | 'lastTime' | 'firstMs' | 'lastMs'>,
): void {
  if (span.firstMs < incident.firstMs) {
    incident.firstMs = span.firstMs
    incident.firstTime = span.firstTime
  }
  if (span.lastMs > incident.lastMs) {
    incident.lastMs = span.lastMs
    incident.lastTime = span.lastTime
  }
}

function takeHighest(incident: OpenIncident, severity: Severity): void {
  if (severityRank(severity) > severityRank(incident.highest)) incident.highest = severity
}

function addBounded(names: Set<string>, name: string, namesMax: number): void {
  if (names.size < namesMax) names.add(name)
}

/** An incident as everybody else sees it. */
export function described(open: OpenIncident): Incident {
  const tactics = inMatrixOrder(inOneVocabulary(open.tactics))
  const techniques = [...open.techniques]
  const activity = activityOf({ techniques, tactics })
  const origin = originOfIncident(open)
  const ruleNames = [...open.rules.values()].map(({ name }) => name)
  const hostName = open.hostName ?? open.hostId
  const { root } = open
  return {
    id: open.id,
    tenant_id: open.tenantId,
    name: incidentName({ techniques, tactics, ruleNames, origin, hostName }, activity),
    activity,
    ...(origin !== undefined && { origin }),
    severity: incidentSeverity({
      highest: open.highest,
      tacticCount: tactics.length,
      ruleCount: open.rules.size,
    }),
    risk_score: incidentRisk([...open.rules.values()].map(({ score }) => score)),
    host:
      open.hostName === undefined ? { id: open.hostId } : { id: open.hostId, name: open.hostName },
    users: [...open.users],
    tactics,
    techniques,
    rules: [...open.rules.keys()],
    first_time: open.firstTime,
    last_time: open.lastTime,
    alert_count: open.alertCount,
    ...(root !== undefined && { root: rootOf(root) }),
  }
}

function rootOf(root: RootProcess): NonNullable<Incident['root']> {
  const { pid, pidversion, entity_id, name, executable, command_line } = root
  return {
    ...{ pid, pidversion, entity_id },
    ...(name !== undefined && { name }),
    ...(executable !== undefined && { executable }),
    ...(command_line !== undefined && { command_line }),
  }
}

function originOfIncident({ root, program, source, rules }: OpenIncident): string | undefined {
  if (source !== undefined) return source
  if (root === undefined) return program
  // One rule says in its own name what the tool did; a chain is at least told apart by the tool.
  return originOf(root) ?? program ?? (rules.size > 1 ? root.name : undefined)
}
