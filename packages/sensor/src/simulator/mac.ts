import { formatTime, type TimeNs } from '@pomona/schema'
import { SensorError } from '../errors.ts'
import { EVENT_TYPES_BY_NAME } from '../eslogger/event-types.ts'
import { FileTree } from './files.ts'
import { messageVersion, type SimulatedHost, type SimulatedUser } from './host.ts'
import { KeyOrder } from './key-order.ts'
import { POPULATION, type Resident } from './population.ts'
import { Prng } from './prng.ts'
import {
  AUID_UNSET,
  ProcessTable,
  type Credentials,
  type ExecOptions,
  type SimulatedProcess,
} from './processes.ts'
import { ProgramCatalogue } from './programs.ts'

const NS_PER_DAY = 86_400_000_000_000n
// System files carry the second their build was sealed, here 05:14:16.
const BUILD_TIME_NS = 18_856_000_000_000n
const UPTIME_NS = 7_400_000_000_000n
const TICKS_PER_US = 24n

/** What the simulated eslogger of a Mac was asked for, and since when it runs. */
export interface Listening {
  /** Event types; all where absent. */
  readonly events?: ReadonlySet<string>
  /** What happened before is not recorded, and takes no number. */
  readonly fromNs?: TimeNs
}

/** A simulated Mac: its files, programs and processes, and the eslogger that watches them. */
export class Mac {
  readonly host: SimulatedHost
  readonly version: number
  readonly prng: Prng
  readonly files: FileTree
  readonly programs: ProgramCatalogue
  readonly processes: ProcessTable
  readonly launchd: SimulatedProcess
  readonly #residents = new Map<string, SimulatedProcess>()
  readonly #sequences = new Map<string, number>()
  readonly #bootNs: TimeNs
  readonly #keyOrder: KeyOrder
  readonly #listening: Listening
  #global = 0
  #nowNs: TimeNs
  #lines: string[] = []
  #terminals = 0

  constructor(options: {
    readonly host: SimulatedHost
    readonly seed: string
    readonly startNs: TimeNs
    readonly listening?: Listening
  }) {
    const { host, seed, startNs } = options
    this.#listening = options.listening ?? {}
    this.host = host
    this.version = messageVersion(host.osVersion)
    this.prng = new Prng(`${seed}/${host.name}`)
    // Numbers of its own: the order of keys decides nothing that happens.
    this.#keyOrder = new KeyOrder(`${seed}/${host.name}/keys`)
    this.#nowNs = startNs
    this.#bootNs = startNs - UPTIME_NS
    this.files = new FileTree({
      prng: new Prng(`${seed}/${host.name}/files`),
      accounts: { uidOf: (name) => host.users.find((user) => user.name === name)?.uid },
      builtNs: dayStart(startNs) - 60n * NS_PER_DAY + BUILD_TIME_NS,
      installedNs: startNs - 58n * NS_PER_DAY,
    })
    // The same programs are on every Mac of a simulation, so host names do not enter their hashes.
    this.programs = new ProgramCatalogue({
      seed: `programs/${host.osVersion}`,
      version: this.version,
    })
    const tokenForm = host.tokenForm ?? 'object'
    this.processes = new ProcessTable({ files: this.files, version: this.version, tokenForm })
    this.launchd = this.processes.boot({
      ...this.#image('/sbin/launchd', ['/sbin/launchd']),
      credentials: rootCredentials(),
      atNs: this.#bootNs,
    })
    this.#populate()
    this.processes.skip(this.prng.between({ min: 900, max: 5_200 }))
  }

  get nowNs(): TimeNs {
    return this.#nowNs
  }

  /** Moves the clock to a time, never back. */
  advanceTo(atNs: TimeNs): void {
    if (atNs > this.#nowNs) this.#nowNs = atNs
  }

  /** Lets a random while pass, in microseconds. */
  pass(us: { readonly min: number; readonly max: number }): void {
    this.#nowNs += BigInt(this.prng.between(us)) * 1_000n + BigInt(this.prng.next() % 1_000)
  }

  /** The process of that name in a user's session, or the system's. */
  resident(name: string, user: SimulatedUser): SimulatedProcess | undefined {
    if (name === 'launchd') return this.launchd
    return this.#residents.get(`${name}@${user.name}`) ?? this.#residents.get(name)
  }

  /** A terminal device that nothing uses yet. */
  openTerminal(): string {
    this.#terminals = (this.#terminals + 1) % 1_000
    return `/dev/ttys${String(this.#terminals).padStart(3, '0')}`
  }

  credentials(user: SimulatedUser): Credentials {
    const { uid } = user
    return { auid: uid, euid: uid, egid: 20, ruid: uid, rgid: 20, asid: 100_000 + uid }
  }

  /** Records one event: `body` is the JSON text under its name, `process` who reports it. */
  record(event: {
    readonly type: string
    readonly process: SimulatedProcess
    readonly body: string
  }): void {
    this.recordAs({
      ...event,
      process: this.processes.text(event.process),
      thread: event.process.threadId,
    })
  }

  /** The same with the process already written, for an exec whose old image is gone. */
  recordAs(event: {
    readonly type: string
    readonly process: string
    readonly body: string
    readonly thread: number
  }): void {
    const type = EVENT_TYPES_BY_NAME.get(event.type)
    if (type === undefined) {
      throw new SensorError('ERR_SIMULATION_INVALID', `There is no event type ${event.type}.`)
    }
    // What this release does not report is not in its recording.
    if (type.versionMin > this.version) return
    this.pass({ min: 8, max: 220 })
    const { events, fromNs } = this.#listening
    if (events?.has(event.type) === false) return
    if (fromNs !== undefined && this.#nowNs < fromNs) return
    const number = this.#sequences.get(event.type) ?? 0
    this.#sequences.set(event.type, number + 1)
    const machTime = ((this.#nowNs - this.#bootNs) / 1_000n) * TICKS_PER_US
    const line =
      `{"schema_version":1,"version":${this.version},"event_type":${type.id},` +
      `"time":"${formatTime(this.#nowNs)}","mach_time":${machTime},"seq_num":${number},` +
      `"global_seq_num":${this.#global++},"action_type":1,` +
      `"action":{"result":{"result_type":0,"result":{"auth":0}}},` +
      `"thread":{"thread_id":${event.thread}},"process":${event.process},` +
      `"event":{"${event.type}":${event.body}}}`
    this.#lines.push(this.#keyOrder.shuffle(line))
  }

  /** Takes the lines recorded since the last call. */
  drain(): readonly string[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }

  /** The usual environment of a process. */
  environment(user: SimulatedUser, tty: string | undefined): readonly string[] {
    const shell = [
      `SHELL=/bin/zsh`,
      `HOME=${homeOf(user)}`,
      `LOGNAME=${user.name}`,
      `USER=${user.name}`,
    ]
    const common = ['PATH=/usr/bin:/bin:/usr/sbin:/sbin', `TMPDIR=${temporaryOf(user)}/`, ...shell]
    if (tty === undefined) return [...common, 'XPC_FLAGS=0x0', 'XPC_SERVICE_NAME=0']
    return [
      ...common,
      'TERM=xterm-256color',
      'TERM_PROGRAM=Apple_Terminal',
      'LANG=en_US.UTF-8',
      'SHLVL=1',
    ]
  }

  #populate(): void {
    // The kernel's own pids and early boot come between launchd and the first daemon.
    this.processes.skip(300)
    for (const resident of POPULATION) {
      if (resident.scope === 'system') this.#start(resident, undefined)
    }
    for (const user of this.host.users) {
      const tty = this.openTerminal()
      for (const resident of POPULATION) {
        if (resident.scope === 'session') this.#start(resident, { user, tty })
      }
    }
  }

  #start(resident: Resident, session: { user: SimulatedUser; tty: string } | undefined): void {
    const user = session?.user ?? { name: 'root', uid: 0 }
    const parent =
      resident.parent === undefined ? this.launchd : this.resident(resident.parent, user)
    const tty = resident.tty === true ? session?.tty : undefined
    this.processes.skip(this.prng.between({ min: 1, max: 14 }))
    const atNs =
      this.#bootNs + BigInt(this.prng.between({ min: 4_000_000, max: 90_000_000 })) * 1_000n
    const process = this.processes.fork(parent ?? this.launchd, {
      atNs,
      credentials: session === undefined ? rootCredentials() : this.credentials(user),
      ...(tty === undefined ? {} : { tty }),
    })
    const args = (resident.args ?? [resident.path]).map((word) =>
      word.replace('${user}', user.name),
    )
    const env = this.environment(user, tty)
    const cwd = tty === undefined ? '/' : homeOf(user)
    this.processes.exec(process, { ...this.#image(resident.path, args), env, cwd })
    this.processes.lead(
      process,
      session === undefined ? 'own' : tty === undefined ? 'first' : 'own',
    )
    this.#residents.set(
      session === undefined ? resident.name : `${resident.name}@${user.name}`,
      process,
    )
  }

  #image(path: string, args: readonly string[]): ExecOptions {
    return { program: this.programs.find(path), args, env: [], cwd: '/' }
  }
}

/** Credentials of what launchd starts for the system. */
export function rootCredentials(): Credentials {
  return { auid: AUID_UNSET, euid: 0, egid: 0, ruid: 0, rgid: 0, asid: 100_001 }
}

/** A user's home folder. */
export function homeOf(user: SimulatedUser): string {
  return user.uid === 0 ? '/var/root' : `/Users/${user.name}`
}

/** A user's temporary folder, without its last slash. */
export function temporaryOf(user: SimulatedUser): string {
  return user.uid === 0
    ? '/private/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T'
    : `${folders(user)}/T`
}

/** A user's cache folder. */
export function cacheOf(user: SimulatedUser): string {
  return `${folders(user)}/C`
}

function folders(user: SimulatedUser): string {
  const name = new Prng(`folders/${user.name}/${user.uid}`).hex(28)
  return `/private/var/folders/${name.slice(0, 2)}/${name.slice(2)}0000gn`
}

function dayStart(atNs: TimeNs): TimeNs {
  return atNs - (atNs % NS_PER_DAY)
}
