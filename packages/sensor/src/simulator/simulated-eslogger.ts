import { parseArgs } from 'node:util'
import { type Clock, formatTime, parseTime, type TimeNs } from '@pomona/schema'
import { SensorError } from '../errors.ts'
import { EVENT_TYPES, EVENT_TYPES_BY_NAME } from '../eslogger/event-types.ts'
import { glance, valueAt } from '../eslogger/glance.ts'
import { loadScenarios } from '../scenario/folder.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { HOST_DEFAULT, messageVersion, type SimulatedHost } from './host.ts'
import { recordedLines } from './recorded.ts'
import { simulate } from './simulate.ts'

/** What the stand-in for eslogger needs of its process. */
export interface SimulatedEsloggerProcess {
  /** The arguments: its own options, then what eslogger is given. */
  readonly args: readonly string[]
  /** Folder of scenarios, for those named by id. */
  readonly content: string
  readonly clock: Clock
  /** Writes to stdout; resolves when there is room for more. */
  write(text: string): Promise<void>
  /** Writes a line to stderr. */
  say(text: string): void
  sleep(delayMs: number): Promise<void>
  /** Set when the process was told to end. */
  readonly signal: AbortSignal
}

const OPTIONS = {
  'list-events': { type: 'boolean' },
  scenario: { type: 'string', multiple: true },
  benign: { type: 'boolean' },
  recording: { type: 'string' },
  seed: { type: 'string' },
  host: { type: 'string' },
  os: { type: 'string' },
  start: { type: 'string' },
  after: { type: 'string' },
  every: { type: 'string' },
  rate: { type: 'string' },
  count: { type: 'string' },
  'lose-every': { type: 'string' },
  'exit-after': { type: 'string' },
  fail: { type: 'string' },
} as const

const NS_PER_MS = 1_000_000n
const NS_PER_S = 1_000_000_000
const IDLE_MS = 200
const TICK_MS = 20
const EVERY_SECONDS = 2
const CHUNK_LINES = 512

/** `es_new_client` results by the word after `--fail`. */
const FAILURES: ReadonlySet<string> = new Set([
  'NOT_PERMITTED',
  'NOT_PRIVILEGED',
  'NOT_ENTITLED',
  'TOO_MANY_CLIENTS',
])

/**
 * Behaves as eslogger does on a Mac where stories happen: `--list-events` lists the types of its
 * macOS release, names of types subscribe to them, and their records come on stdout, numbered from
 * 0. Its own options:
 *
 * - `--scenario ID|FILE …`, `--benign`: what happens; `--after S`: the first scenario begins then,
 *   the others `--every S` (2) after one another.
 * - `--recording FILE`: what was recorded instead, at once or with `--rate`; numbered anew.
 * - `--seed S`, `--host NAME`, `--os VERSION`: on which Mac. Two processes with the same of these
 *   and the same `--start TIME` watch the same Mac.
 * - Time is real: a record comes when it happens, and what happened before the process began is not
 *   told. With `--rate N` records come N a second instead (0: as fast as they are read), from the
 *   first, stamped with the time they leave.
 * - `--count N`: nothing more happens after N records. `--lose-every N`: of N records the last
 *   never arrives, and leaves a gap in the numbers.
 * - `--fail RESULT`: ends at once, as when Endpoint Security answers so. `--exit-after N`: crashes
 *   after N records.
 *
 * @returns The exit code.
 */
export async function simulatedEslogger(process: SimulatedEsloggerProcess): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...process.args],
      options: OPTIONS,
      allowPositionals: true,
    })
    const host = hostOf(values)
    if (values['list-events'] === true) return await listEvents(host, process)
    const unknown = positionals.find((name) => !isReported(name, host))
    if (unknown !== undefined || positionals.length === 0) {
      process.say(unknown === undefined ? 'Missing expected argument' : `Unknown event ${unknown}`)
      return 64
    }
    if (values.fail !== undefined) return fail(values.fail, process)
    return await new Play({ values, host, events: new Set(positionals) }, process).run()
  } catch (error) {
    process.say(error instanceof Error ? error.message : String(error))
    return 64
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

function isReported(name: string, host: SimulatedHost): boolean {
  const type = EVENT_TYPES_BY_NAME.get(name)
  return type !== undefined && type.versionMin <= messageVersion(host.osVersion)
}

async function listEvents(host: SimulatedHost, { write }: SimulatedEsloggerProcess) {
  const names = EVENT_TYPES.filter(({ name }) => isReported(name, host)).map(({ name }) => name)
  await write(`${names.join('\n')}\n`)
  return 0
}

function fail(result: string, { say }: SimulatedEsloggerProcess): number {
  if (!FAILURES.has(result)) throw invalid(`There is no failure ${result}.`)
  say(`Failed to create ES client: ES_NEW_CLIENT_RESULT_ERR_${result}`)
  return 1
}

function hostOf({ host, os }: Values): SimulatedHost {
  return {
    ...HOST_DEFAULT,
    name: host ?? HOST_DEFAULT.name,
    osVersion: os ?? HOST_DEFAULT.osVersion,
  }
}

interface PlayOptions {
  readonly values: Values
  readonly host: SimulatedHost
  readonly events: ReadonlySet<string>
}

/** One run: the story's lines, let out when it is their time. */
class Play {
  readonly #options: PlayOptions
  readonly #process: SimulatedEsloggerProcess
  readonly #beganNs: TimeNs
  readonly #loseEvery: number
  readonly #exitAfter: number
  #lines: string[] = []
  #seen = 0

  constructor(options: PlayOptions, process: SimulatedEsloggerProcess) {
    this.#options = options
    this.#process = process
    this.#beganNs = process.clock.nowNs()
    this.#loseEvery = numberOf(options.values, 'lose-every') ?? Infinity
    this.#exitAfter = numberOf(options.values, 'exit-after') ?? Infinity
  }

  async run(): Promise<number> {
    const { values } = this.#options
    const story = await this.#story()
    const rate = numberOf(values, 'rate')
    const crashed = rate === undefined ? await this.#live(story) : await this.#paced(story, rate)
    if (crashed) return 1
    // eslogger never ends by itself.
    while (!this.#process.signal.aborted) await this.#process.sleep(IDLE_MS)
    return 0
  }

  async #story(): Promise<Iterable<string>> {
    const { values, host, events } = this.#options
    if (values.recording !== undefined) return recordedLines(values.recording, events)
    const { scenarios } = await loadScenarios(this.#process.content)
    const played: Scenario[] = []
    for (const name of values.scenario ?? []) played.push(...(await named(name, scenarios)))
    const isPaced = values.rate !== undefined
    const afterSeconds = numberOf(values, 'after') ?? 0
    const everySeconds = numberOf(values, 'every') ?? EVERY_SECONDS
    return simulate({
      scenarios: played,
      background: values.benign === true ? scenarios.filter(({ kind }) => kind === 'benign') : [],
      host,
      startNs: startOf(values) ?? this.#beganNs,
      offsetsNs: played.map((_, index) =>
        BigInt(Math.round((afterSeconds + index * everySeconds) * NS_PER_S)),
      ),
      eventsMax: numberOf(values, 'count') ?? Number.MAX_SAFE_INTEGER,
      listening: { events, ...(!isPaced && { fromNs: this.#beganNs }) },
      ...(values.seed !== undefined && { seed: values.seed }),
    })
  }

  // Each record when it happens.
  async #live(story: Iterable<string>): Promise<boolean> {
    const { clock, sleep, signal } = this.#process
    for (const line of story) {
      const atNs = parseTime(glance(line)?.time ?? '') ?? 0n
      for (let waitNs = atNs - clock.nowNs(); waitNs > 0n; waitNs = atNs - clock.nowNs()) {
        await this.#flush()
        if (signal.aborted) return false
        await sleep(Math.min(IDLE_MS, Number(waitNs / NS_PER_MS) + 1))
      }
      if (this.#give(line)) return this.#crash()
      if (this.#lines.length >= CHUNK_LINES) await this.#flush()
      if (signal.aborted) return false
    }
    await this.#flush()
    return false
  }

  // So many a second, stamped anew.
  async #paced(story: Iterable<string>, rate: number): Promise<boolean> {
    const { clock, sleep, signal } = this.#process
    let given = 0
    for (const line of story) {
      while (given >= this.#due(rate)) {
        await this.#flush()
        if (signal.aborted) return false
        await sleep(TICK_MS)
      }
      given += 1
      if (this.#give(stamped(line, clock.nowNs()))) return this.#crash()
      if (this.#lines.length >= CHUNK_LINES) await this.#flush()
      if (signal.aborted) return false
    }
    await this.#flush()
    return false
  }

  #due(rate: number): number {
    if (rate === 0) return Infinity
    const elapsedNs = Number(this.#process.clock.nowNs() - this.#beganNs)
    return (elapsedNs / NS_PER_S) * rate
  }

  /** Gives a line out; true when it was the last before a crash. */
  #give(line: string): boolean {
    this.#seen += 1
    if (this.#seen % this.#loseEvery !== 0) this.#lines.push(line)
    return this.#seen >= this.#exitAfter
  }

  async #crash(): Promise<boolean> {
    await this.#flush()
    return true
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0) return
    const text = `${this.#lines.join('\n')}\n`
    this.#lines = []
    await this.#process.write(text)
  }
}

async function named(name: string, known: readonly Scenario[]): Promise<readonly Scenario[]> {
  const found = known.find(({ id }) => id === name)
  if (found !== undefined) return [found]
  if (!/\.ya?ml$/.test(name)) throw invalid(`There is no scenario ${name}.`)
  const { scenarios, problems } = await loadScenarios(name)
  const [problem] = problems
  if (problem !== undefined) throw invalid(`${problem.path}:${problem.line} ${problem.message}`)
  return scenarios
}

function startOf({ start }: Values): TimeNs | undefined {
  if (start === undefined) return undefined
  const startNs = parseTime(start)
  if (startNs === undefined) throw invalid(`--start takes an RFC 3339 time, not ${start}.`)
  return startNs
}

function numberOf(
  values: Values,
  name: 'after' | 'every' | 'rate' | 'count' | 'lose-every' | 'exit-after',
): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw invalid(`--${name} takes a number from 0, not ${text}.`)
}

function stamped(line: string, atNs: TimeNs): string {
  const at = valueAt(line, '"time"') + 1
  const end = line.indexOf('"', at)
  return at === 0 || end < 0 ? line : line.slice(0, at) + formatTime(atNs) + line.slice(end)
}

function invalid(message: string): SensorError {
  return new SensorError('ERR_SIMULATION_INVALID', message)
}
