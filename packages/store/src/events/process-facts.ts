import type { EcsEvent, Signer } from '@pomona/schema'
import type { StoredProcess } from './event-store.ts'
import { clampTime, isTime } from './row.ts'

/**
 * A value that events claim with different right: an exec or fork (0) says it best, then any event
 * of the process itself (1), then an event that only mentions it (2). Of equal rank the earliest
 * holds, so that a child stays with its real parent when launchd adopts it.
 */
export interface Claim<Value> {
  readonly rank: number
  readonly time: string
  readonly value: Value
}

/** What events tell of one process image. Merging is associative, commutative and idempotent. */
export interface ProcessFacts {
  readonly hostId: string
  readonly entityId: string
  readonly pid: number
  /**
   * {@link PIDVERSION_UNKNOWN} while only an exec mentioned the image; it is not shown until then.
   */
  readonly pidversion: number
  readonly parent?: Claim<string> | undefined
  readonly user?: Claim<readonly [id: string, name: string]> | undefined
  readonly name?: string | undefined
  readonly executable?: string | undefined
  readonly commandLine?: string | undefined
  readonly workingDirectory?: string | undefined
  readonly previousEntityId?: string | undefined
  readonly responsibleEntityId?: string | undefined
  readonly signer?: Signer | undefined
  readonly signingId?: string | undefined
  readonly teamId?: string | undefined
  readonly cdhash?: string | undefined
  readonly sha256?: string | undefined
  readonly quarantine?: string | undefined
  readonly originUrl?: string | undefined
  readonly firstSeen: string
  readonly start?: string | undefined
  /** Exit, or the exec that replaced the image. */
  readonly end?: string | undefined
  readonly exitCode?: number | undefined
  readonly forked: boolean
  readonly execed: boolean
  /** Did more than be forked, exec and exit: it is shown even when an exec replaced it at once. */
  readonly acted: boolean
}

/** Stands for a pid version no event told; never leaves the store. */
export const PIDVERSION_UNKNOWN = -1

const RANK_ORIGIN = 0
const RANK_ACTOR = 1
const RANK_MENTION = 2

type Actor = NonNullable<EcsEvent['process']>
type Parent = NonNullable<Actor['parent']>
type Macos = NonNullable<EcsEvent['macos']>
type Other = NonNullable<Macos['responsible']>

/** Everything one event tells of process images; none when it lacks host or time. */
export function factsOf(event: EcsEvent): ProcessFacts[] {
  const hostId = textOf(event.host?.id)
  const time = timeOf(event['@timestamp'])
  if (hostId === undefined || time === undefined) return []
  const seen = { hostId, time }
  const facts = [
    actorFacts(event, seen),
    parentFacts(event, seen),
    previousFacts(event, seen),
    otherFacts(event.macos?.responsible, seen),
    otherFacts(event.macos?.reporter, seen),
    otherFacts(event.macos?.target?.process, seen),
  ]
  return facts.filter((fact) => fact !== undefined)
}

// The gateway checks types; here a wrong one must still not make a row the engine refuses.
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.toWellFormed() : undefined
}

function timeOf(value: unknown): string | undefined {
  return typeof value === 'string' && isTime(value) ? clampTime(value) : undefined
}

function listed(list: unknown, item: string): boolean {
  return Array.isArray(list) && list.includes(item)
}

interface Seen {
  readonly hostId: string
  readonly time: string
}

interface Identified {
  readonly entityId: string
  readonly pid: number
  readonly pidversion: number
}

// Without its numbers an image cannot be shown; a zero would only stand in for them.
function identified(
  id: unknown,
  numbers: { readonly pid?: number | undefined; readonly pidversion?: number | undefined },
): Identified | undefined {
  const { pid, pidversion } = numbers
  const entityId = textOf(id)
  if (entityId === undefined || !Number.isSafeInteger(pid) || !Number.isSafeInteger(pidversion))
    return undefined
  return { entityId, pid: Number(pid), pidversion: Number(pidversion) }
}

const QUIET = { forked: false, execed: false, acted: false }

function actorFacts(event: EcsEvent, { hostId, time }: Seen): ProcessFacts | undefined {
  const { process, macos } = event
  const identity = identified(process?.entity_id, {
    pid: process?.pid,
    pidversion: macos?.process?.pidversion,
  })
  if (process === undefined || identity === undefined) return undefined
  const action = event.event?.action
  const forked = action === 'fork'
  const execed = action === 'exec'
  const rank = forked || execed ? RANK_ORIGIN : RANK_ACTOR
  const parent = textOf(process.parent?.entity_id)
  return {
    ...identity,
    hostId,
    ...shared(process),
    sha256: textOf(process.hash?.sha256),
    quarantine: textOf(macos?.process?.quarantine),
    originUrl: textOf(macos?.process?.origin_url),
    parent: parent ? { rank, time, value: parent } : undefined,
    user: userClaim(process.user ?? event.user, { rank, time }),
    workingDirectory: textOf(process.working_directory),
    previousEntityId: textOf(macos?.process?.previous_entity_id),
    responsibleEntityId: textOf(macos?.responsible?.entity_id),
    signer: signerOf(process.code_signature, macos?.process?.platform_binary),
    firstSeen: time,
    start: timeOf(process.start) ?? (forked || execed ? time : undefined),
    end: action === 'exit' ? (timeOf(process.end) ?? time) : undefined,
    exitCode: Number.isSafeInteger(process.exit_code) ? process.exit_code : undefined,
    forked,
    execed,
    acted: !forked && !execed && action !== 'exit',
  }
}

function parentFacts(event: EcsEvent, { hostId, time }: Seen): ProcessFacts | undefined {
  const parent: Parent | undefined = event.process?.parent
  const known = event.macos?.parent
  const identity = identified(parent?.entity_id, {
    pid: parent?.pid,
    pidversion: known?.pidversion,
  })
  if (parent === undefined || identity === undefined) return undefined
  return {
    ...identity,
    hostId,
    ...shared(parent),
    sha256: textOf(parent.hash?.sha256),
    user: userClaim(parent.user, { rank: RANK_MENTION, time }),
    workingDirectory: textOf(parent.working_directory),
    signer: signerOf(parent.code_signature, known?.platform_binary),
    firstSeen: time,
    start: timeOf(parent.start),
    ...QUIET,
    // Whoever forks acts.
    acted: event.event?.action === 'fork',
  }
}

// An exec ends the image it replaces; the event names it without its pid version.
function previousFacts(event: EcsEvent, { hostId, time }: Seen): ProcessFacts | undefined {
  if (event.event?.action !== 'exec') return undefined
  const { process, macos } = event
  const identity = identified(macos?.process?.previous_entity_id, {
    pid: process?.pid,
    pidversion: PIDVERSION_UNKNOWN,
  })
  if (identity === undefined) return undefined
  const executable = textOf(process?.previous?.executable)
  const parent = textOf(process?.parent?.entity_id)
  return {
    ...identity,
    hostId,
    executable,
    name: executable?.slice(executable.lastIndexOf('/') + 1) || undefined,
    parent: parent ? { rank: RANK_MENTION, time, value: parent } : undefined,
    firstSeen: time,
    end: time,
    ...QUIET,
  }
}

function otherFacts(other: Other | undefined, { hostId, time }: Seen): ProcessFacts | undefined {
  const identity = identified(other?.entity_id, { pid: other?.pid, pidversion: other?.pidversion })
  if (other === undefined || identity === undefined) return undefined
  return {
    ...identity,
    hostId,
    ...shared(other),
    user: userClaim(other.user, { rank: RANK_MENTION, time }),
    signer: signerOf(other.code_signature, other.platform_binary),
    firstSeen: time,
    ...QUIET,
  }
}

function shared(process: Actor | Parent | Other): Partial<ProcessFacts> {
  return {
    name: textOf(process.name),
    executable: textOf(process.executable),
    commandLine: textOf(process.command_line),
    signingId: textOf(process.code_signature?.signing_id),
    teamId: textOf(process.code_signature?.team_id),
    cdhash: textOf(process.hash?.cdhash),
  }
}

function userClaim(
  user: { readonly id?: string; readonly name?: string } | undefined,
  by: { readonly rank: number; readonly time: string },
): ProcessFacts['user'] {
  const [id, name] = [textOf(user?.id), textOf(user?.name)]
  if (id === undefined && name === undefined) return undefined
  return { ...by, value: [id ?? '', name ?? ''] }
}

type Signature = NonNullable<Actor['code_signature']>

/**
 * How a signature looks to the analyst. A valid signature that names neither Apple nor a team
 * counts as ad-hoc: it vouches for nobody.
 */
export function signerOf(
  signature: Partial<Signature> | undefined,
  platformBinary: boolean | undefined,
): Signer | undefined {
  if (signature?.exists === false) return 'unsigned'
  if (signature?.valid === false || signature?.status === 'invalid') return 'invalid'
  if (platformBinary === true) return 'platform'
  if (signature === undefined) return undefined
  if (signature.status === 'adhoc' || listed(signature.flags, 'adhoc')) return 'adhoc'
  if (signature.trusted === true || signature.team_id) return 'developer'
  return signature.exists === true ? 'adhoc' : undefined
}

/** Adds up what two sets of events tell of one image. Of differing values the larger holds. */
export function mergeFacts(a: ProcessFacts, b: ProcessFacts): ProcessFacts {
  return {
    hostId: a.hostId,
    entityId: a.entityId,
    pid: Math.max(a.pid, b.pid),
    pidversion: Math.max(a.pidversion, b.pidversion),
    parent: stronger(a.parent, b.parent),
    user: stronger(a.user, b.user),
    name: larger(a.name, b.name),
    executable: larger(a.executable, b.executable),
    commandLine: larger(a.commandLine, b.commandLine),
    workingDirectory: larger(a.workingDirectory, b.workingDirectory),
    previousEntityId: larger(a.previousEntityId, b.previousEntityId),
    responsibleEntityId: larger(a.responsibleEntityId, b.responsibleEntityId),
    signer: larger(a.signer, b.signer),
    signingId: larger(a.signingId, b.signingId),
    teamId: larger(a.teamId, b.teamId),
    cdhash: larger(a.cdhash, b.cdhash),
    sha256: larger(a.sha256, b.sha256),
    quarantine: larger(a.quarantine, b.quarantine),
    originUrl: larger(a.originUrl, b.originUrl),
    firstSeen: a.firstSeen < b.firstSeen ? a.firstSeen : b.firstSeen,
    start: smaller(a.start, b.start),
    end: larger(a.end, b.end),
    exitCode: larger(a.exitCode, b.exitCode),
    forked: a.forked || b.forked,
    execed: a.execed || b.execed,
    acted: a.acted || b.acted,
  }
}

function larger<T extends string | number>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a > b ? a : b
}

function smaller<T extends string>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

function stronger<T>(a: Claim<T> | undefined, b: Claim<T> | undefined): Claim<T> | undefined {
  if (a === undefined || b === undefined) return a ?? b
  if (a.rank !== b.rank) return a.rank < b.rank ? a : b
  if (a.time !== b.time) return a.time < b.time ? a : b
  return String(a.value) <= String(b.value) ? a : b
}

/** Key of an image among the images of all hosts. */
export function processKey({
  hostId,
  entityId,
}: Pick<ProcessFacts, 'hostId' | 'entityId'>): string {
  return `${hostId.length}:${hostId}${entityId}`
}

/** Everything a batch tells of process images, one entry an image. */
export function foldFacts(events: readonly EcsEvent[]): Map<string, ProcessFacts> {
  const images = new Map<string, ProcessFacts>()
  for (const event of events) {
    for (const facts of factsOf(event)) {
      const key = processKey(facts)
      const known = images.get(key)
      images.set(key, known === undefined ? facts : mergeFacts(known, facts))
    }
  }
  return images
}

/**
 * True for a fork's copy of its parent that did nothing until an exec replaced it, or it ended: a
 * person who looks for the child means the image that the exec made.
 */
export function isStub({ forked, execed, acted, end }: ProcessFacts): boolean {
  return forked && !execed && !acted && end !== undefined
}

/** True for images that lists and trees show. */
export function isShown(facts: ProcessFacts): boolean {
  return facts.pidversion !== PIDVERSION_UNKNOWN && !isStub(facts)
}

/** When an image began, as well as is known; what lists are ordered by. */
export function beginOf({ start, firstSeen }: ProcessFacts): string {
  return start ?? firstSeen
}

/** The image as the API shows it. */
export function storedProcess(facts: ProcessFacts, children: number): StoredProcess {
  const [userId, userName] = facts.user?.value ?? []
  return {
    entity_id: facts.entityId,
    host_id: facts.hostId,
    pid: facts.pid,
    pidversion: facts.pidversion,
    children,
    ...present('parent_entity_id', facts.parent?.value),
    ...present('previous_entity_id', facts.previousEntityId),
    ...present('responsible_entity_id', facts.responsibleEntityId),
    ...present('name', facts.name),
    ...present('executable', facts.executable),
    ...present('command_line', facts.commandLine),
    ...present('working_directory', facts.workingDirectory),
    ...present('user_id', userId || undefined),
    ...present('user_name', userName || undefined),
    ...present('start', facts.start),
    ...present('end', facts.end),
    ...(facts.exitCode !== undefined && { exit_code: facts.exitCode }),
    ...(facts.signer !== undefined && { signer: facts.signer }),
    ...present('signing_id', facts.signingId),
    ...present('team_id', facts.teamId),
    ...present('cdhash', facts.cdhash),
    ...present('sha256', facts.sha256),
    ...present('quarantine', facts.quarantine),
    ...present('origin_url', facts.originUrl),
  }
}

function present<Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } {
  // The computed key is exactly Key; TypeScript widens it to string.
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: string })
}
