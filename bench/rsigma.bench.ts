/** `pomona rules eval` against rsigma: JSON lines in, matches out, all public Sigma rules. */
import { deepEqual } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HAS_LANES, type Lane, lanes, SIGMA_RULES, writeLane } from './lanes.ts'
import { median, type Report, shown } from './measurement.ts'
import { rsigma, RSIGMA_MODES, RSIGMA_VERSION, rsigmaArgs } from './rsigma.ts'

const EVENTS = 100_000
const RUNS = 3
const MAIN = join(import.meta.dirname, '../apps/cli/src/main.ts')
const OUTPUT_BYTES_MAX = 2 ** 30

interface Program {
  readonly command: string
  readonly args: readonly string[]
}

// One core for each: a per-core figure that helper threads cannot flatter.
const PINNED = spawnSync('taskset', ['-c', '1', 'true']).status === 0

/** Wall time of one run, output to a file as a person would keep it. */
function run({ command, args }: Program, output: string): number {
  const file = openSync(output, 'w')
  const whole = PINNED ? ['taskset', '-c', '1', command, ...args] : [command, ...args]
  const startedMs = performance.now()
  const { status } = spawnSync(whole[0] ?? command, whole.slice(1), {
    stdio: ['ignore', file, 'ignore'],
  })
  const tookMs = performance.now() - startedMs
  closeSync(file)
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
  return tookMs / 1_000
}

interface Case {
  readonly events: string
  readonly route: boolean
}

function ours({ events, route }: Case): Program {
  const routing = route ? ['--route'] : []
  const args = [MAIN, 'rules', 'eval', '--fields', 'raw', '--json', '--rules', SIGMA_RULES]
  return { command: process.execPath, args: [...args, '--events', events, ...routing] }
}

function theirs(path: string, { events, route }: Case, mode: readonly string[]): Program {
  return { command: path, args: rsigmaArgs({ rules: SIGMA_RULES, events, route, mode }) }
}

function objectsOf({ command, args }: Program): readonly Readonly<Record<string, unknown>>[] {
  const { stdout, status } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line): Readonly<Record<string, unknown>> => JSON.parse(line))
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, canonical(one)]))
}

/** How often each pair of a rule and an event was found, events by what is in them. */
function counted(pairs: Iterable<readonly [rule: unknown, event: unknown]>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const [rule, event] of pairs) {
    const key = `${String(rule)} ${JSON.stringify(canonical(event))}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/** Checks that both find the same on the different events of a lane; gives the number of pairs. */
function check(path: string, { lines }: Lane, one: Case): number {
  const found = objectsOf(ours(one)).filter((line) => line['kind'] !== 'summary')
  const parsed = lines.map((line): unknown => JSON.parse(line))
  const got = counted(found.map(({ rule_id: id, event }) => [id, parsed[Number(event) - 1]]))
  const program = theirs(path, one, ['--include-event'])
  const wanted = counted(objectsOf(program).map(({ rule_id: id, event }) => [id, event]))
  const differing = [...new Set([...got.keys(), ...wanted.keys()])].filter((key) => {
    return got.get(key) !== wanted.get(key)
  })
  deepEqual(differing.slice(0, 5), [], `${differing.length} pairs differ`)
  return found.length
}

interface Timed {
  readonly ours: number
  readonly theirs: number
  readonly mode: readonly string[]
}

/** Ours says itself how long the events took, from opening the file to the last match written. */
function ownSeconds(output: string): number {
  const summary: { readonly seconds: number } = JSON.parse(
    readFileSync(output, 'utf8').trimEnd().split('\n').at(-1) ?? '{}',
  )
  return summary.seconds
}

/** Seconds over the events alone: starting and loading rules is not in them. */
function time(path: string, { one, empty }: { one: Case; empty: Case }, output: string): Timed {
  const tried = RSIGMA_MODES.map((mode) => ({ mode, took: run(theirs(path, one, mode), output) }))
  const { mode } = tried.reduce((best, next) => (next.took < best.took ? next : best))
  const rounds = Array.from({ length: RUNS }, () => {
    run(ours(one), output)
    const own = ownSeconds(output)
    const loading = run(theirs(path, empty, mode), output)
    return { ours: own, theirs: run(theirs(path, one, mode), output) - loading }
  })
  return {
    ours: median(rounds.map(({ ours: seconds }) => seconds)),
    theirs: median(rounds.map(({ theirs: seconds }) => seconds)),
    mode,
  }
}

function rowsOf(path: string, lane: Lane, folder: string): readonly (readonly string[])[] {
  const events = join(folder, 'events.ndjson')
  const empty = join(folder, 'empty.ndjson')
  const output = join(folder, 'output')
  writeFileSync(empty, '')
  return [false, true].map((route) => {
    writeLane(lane, { path: events, events: lane.lines.length })
    const pairs = check(path, lane, { events, route })
    writeLane(lane, { path: events, events: EVENTS })
    const bytes = readFileSync(events).length / EVENTS
    const timed = time(path, { one: { events, route }, empty: { events: empty, route } }, output)
    const row = [
      lane.name,
      route ? 'yes' : 'no',
      shown(bytes),
      shown(pairs),
      shown(EVENTS / timed.ours),
      shown(EVENTS / timed.theirs),
      (timed.theirs / timed.ours).toFixed(2),
      timed.mode.length === 0 ? 'as it comes' : `\`${timed.mode.join(' ')}\``,
    ]
    process.stderr.write(`${row.join(' | ')}\n`)
    return row
  })
}

const RATIO_COLUMN = 6
const RATIO_GOAL = 2

/** Says where the goal of twice the peer's rate is missed, and where we are slower. */
function shortfall(rows: readonly (readonly string[])[]): string {
  // Ratios from the second up to, not including, the first.
  const lanesBelow = (bound: number, least: number): string => {
    const found = rows.filter((row) => {
      const ratio = Number(row[RATIO_COLUMN])
      return ratio < bound && ratio >= least
    })
    const names = found.map(([lane, routed]) => (routed === 'yes' ? `${lane} routed` : lane))
    return names.length === 0 ? 'none' : names.join(', ')
  }
  return (
    `Slower than rsigma: ${lanesBelow(1, 0)}. Faster, but not twice as fast, which is the goal: ` +
    `${lanesBelow(RATIO_GOAL, 1)}. Where few rules are left or an event is one text, most of the time is warming up, ` +
    `reading the line, and looking for keywords in all its texts.`
  )
}

/** Measures both. */
export async function bench(): Promise<Report> {
  const peer = HAS_LANES ? rsigma() : { missing: 'The public rules are not beside the checkout.' }
  const rows: (readonly string[])[] = []
  if ('path' in peer) {
    const folder = mkdtempSync(join(tmpdir(), 'pomona-bench-rsigma-'))
    try {
      for (const lane of await lanes()) rows.push(...rowsOf(peer.path, lane, folder))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return {
    title: 'Rules on events: against rsigma',
    notes: [
      `\`pomona rules eval --fields raw --json\` and \`rsigma engine eval\` ${RSIGMA_VERSION}, both on all of SigmaHQ's \`rules\` ` +
        `(3,140), from a file of JSON lines to a file of matches, ${shown(EVENTS)} events: each lane's different events ` +
        `repeated. ${PINNED ? 'Each on one core (`taskset`). ' : ''}Wall time without starting and loading rules: ours as its summary ` +
        `says, from opening the file to the last match; of rsigma less that of the same run on an empty file. ` +
        `The warming up of our just-in-time compiler is in ours. ` +
        `rsigma in the fastest of its settings on that lane. Median of ${RUNS} rounds.`,
      `Before timing, both have found the same pairs of rule and event on the lane's different events, or the run fails. ` +
        `Lanes: those that rsigma's authors generate for their own benchmark, synthetic; \`macos_process\` is ours, ` +
        `executions of simulated Macs in Sigma's names. Repeating helps us where fields have few different values ` +
        `(\`valuesMax\`), as the fields of real process events do; log lines as one text do not.`,
      ...(rows.length === 0 ? [] : [shortfall(rows)]),
      ...('missing' in peer ? [`Not run: ${peer.missing}`] : []),
    ],
    columns: [
      'lane',
      'routed',
      'bytes an event',
      'pairs checked',
      'Pomona events/s',
      'rsigma events/s',
      'ratio',
      'rsigma’s setting',
    ],
    rows,
  }
}
