import { formatTime, type TimeNs } from '@pomona/schema'
import type { FileTree } from './files.ts'
import { jsonText } from './json.ts'
import type { Program } from './programs.ts'

/** User ids as an audit token has them. */
export interface Credentials {
  readonly auid: number
  readonly euid: number
  readonly egid: number
  readonly ruid: number
  readonly rgid: number
  readonly asid: number
}

/** An audit user id that was never set: everything that no person started. */
export const AUID_UNSET = 4_294_967_295

/** A process of the simulated Mac. Changed only by {@link ProcessTable}. */
export interface SimulatedProcess {
  readonly pid: number
  pidversion: number
  ppid: number
  readonly originalPpid: number
  parent: SimulatedProcess | undefined
  /** The process that the system holds accountable; itself for whatever launchd starts. */
  responsible: SimulatedProcess
  groupId: number
  sessionId: number
  credentials: Credentials
  program: Program
  /** Path of its terminal. */
  tty: string | undefined
  readonly startNs: TimeNs
  args: readonly string[]
  env: readonly string[]
  cwd: string
  readonly threadId: number
  alive: boolean
  text: string | undefined
  /** Pid versions that `text` was written with. */
  textKey: string
}

/** What a fork may change before the new image is loaded. */
export interface ForkOptions {
  readonly atNs: TimeNs
  readonly credentials?: Credentials
  readonly tty?: string
  readonly responsible?: SimulatedProcess
}

/** A new image. */
export interface ExecOptions {
  readonly program: Program
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string
}

const PID_MAX = 99_999
const PID_FIRST_AFTER_WRAP = 300

/** Makes and ends processes, and writes them as events carry them. */
export class ProcessTable {
  readonly #byPid = new Map<number, SimulatedProcess>()
  readonly #files: FileTree
  readonly #version: number
  readonly #tokenForm: 'object' | 'array'
  #pid = 0
  #pidversion = 0
  #threadId = 900

  constructor(options: { files: FileTree; version: number; tokenForm: 'object' | 'array' }) {
    this.#files = options.files
    this.#version = options.version
    this.#tokenForm = options.tokenForm
  }

  /** Boots process 1; everything else descends from it. */
  boot(
    image: ExecOptions & { readonly credentials: Credentials; readonly atNs: TimeNs },
  ): SimulatedProcess {
    this.#pidversion += 7
    const process = {
      pid: this.#takePid(),
      pidversion: this.#pidversion,
      ppid: 0,
      originalPpid: 0,
      parent: undefined,
      groupId: 1,
      sessionId: 1,
      credentials: image.credentials,
      program: image.program,
      tty: undefined,
      startNs: image.atNs,
      args: image.args,
      env: image.env,
      cwd: image.cwd,
      threadId: ++this.#threadId,
      alive: true,
      text: undefined,
      textKey: '',
    }
    // Sound: only launchd is its own responsible process from birth; the next line closes the knot.
    const launchd = process as unknown as SimulatedProcess
    launchd.responsible = launchd
    this.#byPid.set(launchd.pid, launchd)
    return launchd
  }

  /** Forks: the child runs its parent's image until it executes another. */
  fork(parent: SimulatedProcess, options: ForkOptions): SimulatedProcess {
    const pid = this.#takePid()
    const byLaunchd = parent.pid === 1
    const child: SimulatedProcess = {
      ...parent,
      pid,
      pidversion: ++this.#pidversion,
      ppid: parent.pid,
      originalPpid: parent.pid,
      parent,
      responsible: options.responsible ?? parent.responsible,
      credentials: options.credentials ?? parent.credentials,
      tty: options.tty ?? parent.tty,
      startNs: options.atNs,
      threadId: (this.#threadId += 3),
      alive: true,
      text: undefined,
      textKey: '',
    }
    if (byLaunchd && options.responsible === undefined) child.responsible = child
    this.#byPid.set(pid, child)
    return child
  }

  /** Loads a new image into a process: the pid stays, the pid version rises. */
  exec(subject: SimulatedProcess, image: ExecOptions): void {
    subject.pidversion = ++this.#pidversion
    subject.program = image.program
    subject.args = image.args
    subject.env = image.env
    subject.cwd = image.cwd
    if (image.program.setuid) subject.credentials = { ...subject.credentials, euid: 0 }
    subject.text = undefined
  }

  /** Puts a process into its own group, as launchd and interactive shells do. */
  lead(process: SimulatedProcess, session: 'own' | 'first' | 'same'): void {
    process.groupId = process.pid
    if (session === 'own') process.sessionId = process.pid
    if (session === 'first') process.sessionId = 1
    process.text = undefined
  }

  /** Ends a process; launchd adopts its children. */
  exit(process: SimulatedProcess): void {
    process.alive = false
    this.#byPid.delete(process.pid)
    const launchd = this.#byPid.get(1)
    for (const child of this.#byPid.values()) {
      if (child.parent !== process) continue
      child.parent = launchd
      child.ppid = 1
      child.text = undefined
    }
  }

  /** The process as events carry it. */
  text(process: SimulatedProcess): string {
    const key = `${process.parent?.pidversion}/${process.responsible.pidversion}`
    if (process.text === undefined || process.textKey !== key) {
      process.text = this.#describe(process)
      process.textKey = key
    }
    return process.text
  }

  /** A process's audit token as events carry it. */
  token(process: SimulatedProcess): string {
    const { auid, euid, egid, ruid, rgid, asid } = process.credentials
    const { pid, pidversion } = process
    if (this.#tokenForm === 'array') {
      return `[${auid},${euid},${egid},${ruid},${rgid},${pid},${asid},${pidversion}]`
    }
    return (
      `{"auid":${auid},"euid":${euid},"egid":${egid},"ruid":${ruid},"rgid":${rgid},` +
      `"pid":${pid},"asid":${asid},"pidversion":${pidversion}}`
    )
  }

  #describe(process: SimulatedProcess): string {
    const { program, parent } = process
    const unsigned = program.signing === 'unsigned'
    const mode = program.setuid ? 0o104755 : 0o100755
    const file = this.#files.file(program.path, { sizeBytes: program.sizeBytes, mode })
    const tty = process.tty === undefined ? 'null' : this.#terminal(process, process.tty)
    const parentToken = parent === undefined ? this.#kernelToken(process) : this.token(parent)
    const category = this.#version >= 10 ? `"cs_validation_category":${program.category},` : ''
    return (
      `{"audit_token":${this.token(process)},"ppid":${process.ppid},` +
      `"original_ppid":${process.originalPpid},"group_id":${process.groupId},` +
      `"session_id":${process.sessionId},"codesigning_flags":${program.flags},` +
      `"is_platform_binary":${program.platform},"is_es_client":false,` +
      `"cdhash":"${program.cdhash}",` +
      `"signing_id":${unsigned ? 'null' : jsonText(program.signingId)},` +
      `"team_id":${program.teamId === undefined ? 'null' : jsonText(program.teamId)},${category}` +
      `"executable":${file},"tty":${tty},"start_time":"${microseconds(process.startNs)}",` +
      `"responsible_audit_token":${this.token(process.responsible)},` +
      `"parent_audit_token":${parentToken}}`
    )
  }

  #terminal(process: SimulatedProcess, path: string): string {
    return this.#files.terminal(path, { uid: process.credentials.ruid, atNs: process.startNs })
  }

  #kernelToken(process: SimulatedProcess): string {
    const credentials = { ...process.credentials, asid: 0 }
    return this.token({ ...process, pid: 0, pidversion: 0, credentials })
  }

  /** Leaves out pids and pid versions, as of processes that came and went unseen. */
  skip(count: number): void {
    this.#pid += count
    this.#pidversion += 2 * count
    this.#threadId += 5 * count
  }

  #takePid(): number {
    do this.#pid = this.#pid >= PID_MAX ? PID_FIRST_AFTER_WRAP : this.#pid + 1
    while (this.#byPid.has(this.#pid))
    return this.#pid
  }
}

/** `start_time` has six digits where every other time has nine. */
function microseconds(atNs: TimeNs): string {
  return `${formatTime(atNs).slice(0, 26)}Z`
}
