import type { TimeNs } from '@pomona/schema'
import { SensorError } from '../errors.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { HOST_DEFAULT, type SimulatedHost } from './host.ts'
import { type Listening, Mac } from './mac.ts'
import { Player } from './player.ts'

/** What to simulate. */
export interface SimulationOptions {
  /** Stories played once each, interleaved on the one host. */
  readonly scenarios?: readonly Scenario[]
  /** Stories played over and over, each time with other names, files, pauses and users. */
  readonly background?: readonly Scenario[]
  /** Default {@link HOST_DEFAULT}. */
  readonly host?: SimulatedHost
  /** The same seed and options give the same bytes. Default `pomona`. */
  readonly seed?: string
  /** Time of the first event. Default 2026-03-02T08:30:00Z. */
  readonly startNs?: TimeNs
  /**
   * Stories of `scenarios` begin at random within this span. Default 0: staggered by two seconds.
   */
  readonly spreadNs?: bigint
  /** When each of `scenarios` begins, after the first event; goes before `spreadNs`. */
  readonly offsetsNs?: readonly bigint[]
  /** What its eslogger is asked for. Default: everything, from the first event. */
  readonly listening?: Listening
  /** Most events to yield; required with `background`, which has no end of its own. */
  readonly eventsMax?: number
}

/** 2026-03-02T08:30:00Z, a Monday morning. */
const START_NS = 1_772_440_200_000_000_000n
const STAGGER_NS = 2_000_000_000n
const PAUSE_MS = { min: 800, max: 25_000 }

interface Task {
  atNs: TimeNs
  readonly scenario: Scenario
  readonly forever: boolean
  player: Player
  steps: Generator<number, void>
}

/**
 * Plays scenarios on a simulated Mac and yields what its eslogger would have written.
 *
 * @returns Lines without line breaks, in time order, with contiguous `seq_num` and
 *          `global_seq_num`.
 * @throws  SensorError ERR_SIMULATION_INVALID at once for impossible options; ERR_SCENARIO_INVALID
 *          with file and line while iterating, for a step that cannot be played.
 */
export function simulate(options: SimulationOptions): Iterable<string> {
  const told = simulateTold(options)
  return { [Symbol.iterator]: () => lines(told) }
}

/** A line of a simulation and the scenario that it comes of. */
export interface ToldLine {
  readonly line: string
  readonly scenario: Scenario
}

/**
 * The same as {@link simulate}, each line with the scenario it belongs to: what nobody can read
 * off the line, and a test of telling attacks from work has to know.
 *
 * @throws As {@link simulate} does.
 */
export function simulateTold(options: SimulationOptions): Iterable<ToldLine> {
  const { scenarios = [], background = [], eventsMax = Infinity, host = HOST_DEFAULT } = options
  if (background.length > 0 && eventsMax === Infinity) {
    throw new SensorError(
      'ERR_SIMULATION_INVALID',
      'A background needs `eventsMax`; it never ends.',
    )
  }
  if (host.users.length === 0) {
    throw new SensorError('ERR_SIMULATION_INVALID', `Host ${host.name} needs at least one user.`)
  }
  return { [Symbol.iterator]: () => run({ ...options, scenarios, background, eventsMax, host }) }
}

type Resolved = SimulationOptions &
  Required<Pick<SimulationOptions, 'scenarios' | 'background' | 'eventsMax' | 'host'>>

function* lines(told: Iterable<ToldLine>): Generator<string, void> {
  for (const { line } of told) yield line
}

function* run(options: Resolved): Generator<ToldLine, void> {
  const { host, seed = 'pomona', startNs = START_NS, eventsMax, listening = {} } = options
  const mac = new Mac({ host, seed, startNs, listening })
  const tasks = openTasks(mac, options)
  let events = 0
  while (tasks.length > 0) {
    const task = earliest(tasks)
    mac.advanceTo(task.atNs)
    const { scenario } = task
    const pause = task.steps.next()
    if (pause.done !== true) task.atNs = mac.nowNs + BigInt(Math.round(pause.value))
    else if (task.forever) again(mac, task)
    else tasks.splice(tasks.indexOf(task), 1)
    for (const line of mac.drain()) {
      if (events++ >= eventsMax) return
      yield { line, scenario }
    }
    if (events >= eventsMax) return
  }
}

function openTasks(mac: Mac, options: Resolved): Task[] {
  const tasks: Task[] = []
  const startNs = mac.nowNs
  for (const [index, scenario] of options.scenarios.entries()) {
    const spreadMs = Number((options.spreadNs ?? 0n) / 1_000_000n)
    const drawnNs =
      spreadMs === 0
        ? STAGGER_NS * BigInt(index)
        : BigInt(mac.prng.between({ min: 0, max: spreadMs })) * 1_000_000n
    const offsetNs = options.offsetsNs?.[index] ?? drawnNs
    tasks.push(open(mac, { scenario, atNs: startNs + offsetNs, forever: false }))
  }
  for (const scenario of options.background) {
    const offsetNs = BigInt(mac.prng.between({ min: 0, max: PAUSE_MS.max })) * 1_000_000n
    tasks.push(open(mac, { scenario, atNs: startNs + offsetNs, forever: true }))
  }
  return tasks
}

function open(mac: Mac, task: Pick<Task, 'scenario' | 'atNs' | 'forever'>): Task {
  const { users } = mac.host
  const [console] = users
  const user =
    task.scenario.user === 'any' || console === undefined ? mac.prng.pick(users) : console
  const player = new Player(mac, { scenario: task.scenario, user })
  return { ...task, player, steps: player.play() }
}

function again(mac: Mac, task: Task): void {
  task.player.leave()
  const pauseNs = BigInt(mac.prng.between(PAUSE_MS)) * 1_000_000n
  Object.assign(task, open(mac, { ...task, atNs: mac.nowNs + pauseNs }))
}

function earliest(tasks: readonly Task[]): Task {
  let first = tasks[0]
  for (const task of tasks) if (first === undefined || task.atNs < first.atNs) first = task
  if (first === undefined) throw new SensorError('ERR_SIMULATION_INVALID', 'Nothing to play.')
  return first
}
