import { parseTime, type ProcessEntityId } from '@pomona/schema'
import { AuditToken, imageKey, readAuditToken, tokenPid, tokenPidversion } from '../audit-token.ts'
import { CodeSignatures } from '../code-signature.ts'
import { commandLine } from '../command-line.ts'
import type { NormalizeLimits } from '../limits.ts'
import { pathName } from '../path.ts'
import { type Body, bodyOf, flagOf, integerOf, type Reader, timeOf, valueAt } from '../reader.ts'
import { INVOCATION_UNKNOWN, type Invocation, ProcessImage } from './image.ts'
import type { ProcessSnapshotRow } from './snapshot.ts'

/** What a process table counts. */
export interface ProcessTableCounts {
  /** Images remembered now. */
  readonly held: number
  /** Images whose grace period after exit is over. */
  readonly retired: number
  /** Images forgotten because the table was full. */
  readonly evicted: number
  /** Processes of a snapshot not taken because there were too many. */
  readonly seedsRefused: number
}

interface TableOptions {
  readonly limits: NormalizeLimits
  readonly reader: Reader
  readonly entityIds: (image: Pick<ProcessImage, 'pid' | 'pidversion'>) => ProcessEntityId
}

const CDHASH = /^[0-9a-fA-F]{40}$/
const CDHASH_NONE = /^0+$/
/** Entries of the queue of ended images that may be gone before it is cut. */
const ENDED_GONE_MAX = 1_024
const NS_PER_MS = 1_000_000n
const SECOND_LENGTH = 'YYYY-MM-DDTHH:MM:SS'.length

function cdhashOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !CDHASH.test(value) || CDHASH_NONE.test(value)) return undefined
  return value.toLowerCase()
}

/**
 * The processes of one boot of one host, by pid and pid version.
 *
 * Exec puts a new image in the place of the old one, fork copies what the parent was started with,
 * exit starts a grace period of event time, after which the image is forgotten. A full table
 * forgets images that were not used since the last look first (second chance), so that long-lived
 * parents stay.
 */
export class ProcessTable {
  readonly #images = new Map<number, ProcessImage>()
  /** Of each pid the image with the highest pid version, for records that state no more. */
  readonly #newest = new Map<number, ProcessImage>()
  readonly #seeds = new Map<number, ProcessSnapshotRow>()
  /** Images that ended, in the order they did; those before `#endedHead` are gone already. */
  #ended: ProcessImage[] = []
  #endedHead = 0
  readonly #limits: NormalizeLimits
  readonly #reader: Reader
  readonly #entityIds: TableOptions['entityIds']
  // Filled again for every record: nothing is allocated for a token.
  readonly #token = new AuditToken()
  readonly #otherToken = new AuditToken()
  readonly #signatures = new CodeSignatures()
  #retired = 0
  #evicted = 0
  #seedsRefused = 0

  constructor({ limits, reader, entityIds }: TableOptions) {
    this.#limits = limits
    this.#reader = reader
    this.#entityIds = entityIds
  }

  get counts(): ProcessTableCounts {
    return {
      held: this.#images.size,
      retired: this.#retired,
      evicted: this.#evicted,
      seedsRefused: this.#seedsRefused,
    }
  }

  /**
   * Takes processes that run already; a record that describes one of them later knows more and
   * wins.
   */
  seed(rows: readonly ProcessSnapshotRow[]): void {
    for (const row of rows) {
      if (this.#seeds.size >= this.#limits.seedsMax && !this.#seeds.has(row.pid)) {
        this.#seedsRefused += 1
      } else this.#seeds.set(row.pid, row)
    }
  }

  /**
   * The image a record's process object describes, brought up to date with it.
   *
   * @returns `undefined` when the value is no process with an audit token.
   */
  observe(value: unknown): ProcessImage | undefined {
    const raw = bodyOf(value)
    if (raw === undefined) return undefined
    const token = this.#token
    if (!readAuditToken(valueAt(raw, 'audit_token'), token)) return undefined
    const image = this.#take(token)
    if (!image.described) this.#describe(image, raw)
    this.#update(image, raw, token)
    return image
  }

  /**
   * The image a process object or, where that is null, a token names.
   * Since message version 8 a process that is gone already is null and only its token is left.
   */
  claimed(value: unknown, tokenValue?: unknown): ProcessImage | undefined {
    return this.observe(value) ?? this.#named(tokenValue)
  }

  /**
   * The image under a pid now, or one that ended a moment ago, for sensors that know no pid
   * version.
   */
  newest(pid: number): ProcessImage | undefined {
    const image = this.#newest.get(pid)
    if (image !== undefined) image.touched = true
    return image
  }

  /** The row of a process list for a pid that no record has spoken of. */
  seeded(pid: number): ProcessSnapshotRow | undefined {
    return this.#seeds.get(pid)
  }

  /** A fork: the child runs the same image and keeps what its parent was started with. */
  fork(parent: ProcessImage, childValue: unknown): ProcessImage | undefined {
    const child = this.observe(childValue)
    if (child === undefined) return undefined
    if (child.invocation === INVOCATION_UNKNOWN) child.invocation = parent.invocation
    child.workingDirectory ??= parent.workingDirectory
    if (child.executable === parent.executable) child.sha256 ??= parent.sha256
    child.revision += 1
    return child
  }

  /** An exec: the target image takes the place of the old one under the same pid. */
  exec(old: ProcessImage, body: Body, time: string): ProcessImage | undefined {
    const image = this.observe(valueAt(body, 'target'))
    if (image === undefined) return undefined
    if (image !== old) {
      image.previousEntityId = old.entityId
      this.#end(old, time)
    }
    image.invocation = this.#invocation(body)
    const directory = this.#reader.text(valueAt(bodyOf(valueAt(body, 'cwd')), 'path'))
    image.workingDirectory = directory ?? old.workingDirectory
    image.revision += 1
    return image
  }

  /** Moves a process into another directory. */
  chdir(image: ProcessImage, path: string | undefined): void {
    if (path === undefined || path === image.workingDirectory) return
    image.workingDirectory = path
    image.revision += 1
  }

  /** An exit: the image is remembered for the grace period, for records that arrive late. */
  exit(image: ProcessImage, time: string): void {
    this.#end(image, time)
  }

  // Event time as execs and exits say it: what waits in the queue came with one of them.
  #nowMs = 0

  #second = ''

  // Whole seconds are enough, and parsing one second once is enough for all events in it.
  #advance(time: string): void {
    if (this.#second !== '' && time.startsWith(this.#second)) return
    this.#second = time.slice(0, SECOND_LENGTH)
    const atNs = parseTime(time)
    if (atNs !== undefined) this.#nowMs = Math.max(this.#nowMs, Number(atNs / NS_PER_MS))
  }

  #end(image: ProcessImage, time: string): void {
    this.#advance(time)
    if (image.forgetAtMs === 0) this.#ended.push(image)
    image.forgetAtMs = this.#nowMs + this.#limits.exitGraceMs
    this.#retire()
  }

  // Without the bound a stream whose clock stands still would keep every image that ever ended.
  #retire(): void {
    const ended = this.#ended
    let head = this.#endedHead
    while (head < ended.length) {
      const image = ended[head]
      if (image === undefined) break
      const isFull = ended.length - head > this.#limits.processesMax
      if (image.forgetAtMs > this.#nowMs && !isFull) break
      head += 1
      if (this.#forget(image)) this.#retired += 1
    }
    const isMostlyGone = head > ENDED_GONE_MAX && head * 2 > ended.length
    if (isMostlyGone) this.#ended = ended.slice(head)
    this.#endedHead = isMostlyGone ? 0 : head
  }

  #forget(image: ProcessImage): boolean {
    // What the image points at may be forgotten too, so that chains of dead parents do not stay
    // alive.
    image.forgotten = true
    image.parent = undefined
    image.responsible = undefined
    image.actorParts = undefined
    image.threadProcess = undefined
    if (this.#newest.get(image.pid) === image) this.#newest.delete(image.pid)
    if (this.#images.get(image.key) !== image) return false
    this.#images.delete(image.key)
    return true
  }

  #named(tokenValue: unknown): ProcessImage | undefined {
    const token = this.#otherToken
    return readAuditToken(tokenValue, token) ? this.#take(token) : undefined
  }

  #take(token: AuditToken): ProcessImage {
    const key = imageKey(token)
    let image = this.#images.get(key)
    if (image === undefined) {
      if (this.#images.size >= this.#limits.processesMax) this.#evict()
      const { pid, pidversion } = token
      image = new ProcessImage({ key, pid, pidversion, entityId: this.#entityIds(token) })
      takeIds(image, token)
      this.#images.set(key, image)
      const newest = this.#newest.get(pid)
      if (newest === undefined || newest.pidversion < pidversion) this.#newest.set(pid, image)
      this.#adoptSeed(image)
    }
    image.touched = true
    return image
  }

  // The oldest image not used since the last look goes; used ones get a second chance at the end.
  #evict(): void {
    for (const image of this.#images.values()) {
      this.#images.delete(image.key)
      if (image.touched) {
        image.touched = false
        this.#images.set(image.key, image)
      } else {
        this.#forget(image)
        this.#evicted += 1
        return
      }
    }
  }

  #adoptSeed(image: ProcessImage): void {
    const row = this.#seeds.get(image.pid)
    if (row === undefined) return
    this.#seeds.delete(image.pid)
    image.executable = this.#reader.text(row.executable)
    image.name = image.executable === undefined ? undefined : pathName(image.executable)
    image.start = timeOf(row.startTime)
    image.ppid = row.parentPid
    const line = this.#reader.text(row.commandLine)
    if (line !== undefined) image.invocation = { ...INVOCATION_UNKNOWN, commandLine: line }
  }

  // What stays the same while an image runs.
  #describe(image: ProcessImage, raw: Body): void {
    const { executable: seedPath, start: seedStart } = image
    const reader = this.#reader
    image.described = true
    image.executable = reader.text(valueAt(bodyOf(valueAt(raw, 'executable')), 'path'))
    image.name = image.executable === undefined ? undefined : pathName(image.executable)
    image.start = timeOf(valueAt(raw, 'start_time'))
    image.cdhash = cdhashOf(valueAt(raw, 'cdhash'))
    image.signingId = reader.text(valueAt(raw, 'signing_id'))
    image.teamId = reader.text(valueAt(raw, 'team_id'))
    image.platformBinary = flagOf(valueAt(raw, 'is_platform_binary'))
    image.isEsClient = flagOf(valueAt(raw, 'is_es_client'))
    image.originalPpid = integerOf(valueAt(raw, 'original_ppid'))
    image.validationCategory = integerOf(valueAt(raw, 'cs_validation_category'))
    image.revision += 1
    const isOther =
      (seedPath !== undefined && seedPath !== image.executable) ||
      (seedStart !== undefined && !isSameSecond(seedStart, image.start))
    // The snapshot spoke of an earlier process or image under the same pid.
    if (isOther) image.invocation = INVOCATION_UNKNOWN
  }

  // What may change while an image runs: checked with every record, and cheap when nothing did.
  #update(image: ProcessImage, raw: Body, token: AuditToken): void {
    const ppid = integerOf(valueAt(raw, 'ppid'))
    const groupId = integerOf(valueAt(raw, 'group_id'))
    const sessionId = integerOf(valueAt(raw, 'session_id'))
    const flags = integerOf(valueAt(raw, 'codesigning_flags'))
    const tty = ttyOf(valueAt(raw, 'tty'))
    const parent = this.#related(image.parent, valueAt(raw, 'parent_audit_token'))
    const responsible = this.#related(image.responsible, valueAt(raw, 'responsible_audit_token'))
    if (
      image.euid === token.euid &&
      image.egid === token.egid &&
      image.ruid === token.ruid &&
      image.rgid === token.rgid &&
      image.auid === token.auid &&
      image.asid === token.asid &&
      image.ppid === ppid &&
      image.groupId === groupId &&
      image.sessionId === sessionId &&
      image.tty === tty &&
      image.parent === parent &&
      image.responsible === responsible &&
      image.codesigningFlags === flags &&
      image.settled
    ) {
      return
    }
    image.settled = true
    takeIds(image, token)
    image.ppid = ppid
    image.groupId = groupId
    image.sessionId = sessionId
    image.tty = tty === undefined ? undefined : (this.#reader.text(tty) ?? '')
    image.parent = parent
    image.responsible = responsible
    image.codesigningFlags = flags
    image.signature = this.#signatures.of({
      flags,
      signingId: image.signingId,
      teamId: image.teamId,
      platformBinary: image.platformBinary,
    })
    image.revision += 1
  }

  // The image a token names; usually the one that was there before.
  #related(known: ProcessImage | undefined, tokenValue: unknown): ProcessImage | undefined {
    const isKnown =
      known !== undefined &&
      !known.forgotten &&
      known.pid === tokenPid(tokenValue) &&
      known.pidversion === tokenPidversion(tokenValue)
    if (isKnown) {
      known.touched = true
      return known
    }
    return this.#named(tokenValue)
  }

  #invocation(body: Body): Invocation {
    const reader = this.#reader
    const rawArgs = valueAt(body, 'args')
    const args = reader.args(rawArgs)
    const entitlements = bodyOf(valueAt(body, 'entitlements'))
    return {
      args,
      argsCount: Array.isArray(rawArgs) ? rawArgs.length : undefined,
      commandLine: args === undefined ? undefined : commandLine(args),
      script: reader.text(valueAt(bodyOf(valueAt(body, 'script')), 'path')),
      dyldExecPath: reader.text(valueAt(body, 'dyld_exec_path')),
      cpuType: integerOf(valueAt(body, 'image_cputype')),
      entitlements: entitlements === undefined ? undefined : reader.list(Object.keys(entitlements)),
    }
  }
}

function takeIds(image: ProcessImage, token: AuditToken): void {
  image.auid = token.auid
  image.euid = token.euid
  image.egid = token.egid
  image.ruid = token.ruid
  image.rgid = token.rgid
  image.asid = token.asid
}

// A terminal that is null is known to be absent; a missing key says nothing.
function ttyOf(value: unknown): string | undefined {
  if (value === null) return ''
  const path = valueAt(bodyOf(value), 'path')
  return typeof path === 'string' ? path : undefined
}

function isSameSecond(first: string, second: string | undefined): boolean {
  return second !== undefined && first.slice(0, SECOND_LENGTH) === second.slice(0, SECOND_LENGTH)
}
