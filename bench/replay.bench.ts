/** `pomona replay` as a person runs it: a file in, alerts out. */
import { deepEqual, equal } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SIMULATED, writeSimulated } from './corpus.ts'
import { median, type Report, shown, spread } from './measurement.ts'

const RUNS = 3
const EVENTS = 200_000
const POLL_INTERVAL_MS = 100
const MEBIBYTE = 1024 ** 2
const MAIN = join(import.meta.dirname, '../apps/cli/src/main.ts')

interface Run {
  readonly wallSeconds: number
  readonly bytesMax: number
  readonly summary: Readonly<Record<string, unknown>>
}

/** Highest resident size so far, in bytes; 0 where the system does not tell. */
function residentMax(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024
  } catch {
    // Not Linux, or the process has just ended.
    return 0
  }
}

async function run(path: string): Promise<Run> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, [MAIN, 'replay', path, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let bytesMax = 0
  const poll = setInterval(() => {
    bytesMax = Math.max(bytesMax, residentMax(child.pid ?? 0))
  }, POLL_INTERVAL_MS)
  let last = '{}'
  for await (const line of createInterface({ input: child.stdout })) last = line
  clearInterval(poll)
  const wallSeconds = (performance.now() - startedMs) / 1_000
  // The last line is the summary by the command's contract, and asserted to be one below.
  return { wallSeconds, bytesMax, summary: JSON.parse(last) as Run['summary'] }
}

/** Measures the replay of a long stream. */
export async function bench(): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-bench-replay-'))
  try {
    const path = join(folder, 'mac.jsonl')
    const bytes = await writeSimulated(path, EVENTS)
    const runs: Run[] = []
    for (let turn = 0; turn < RUNS; turn++) runs.push(await run(path))
    const [first] = runs
    for (const { summary } of runs) {
      equal(summary['kind'], 'summary')
      equal(summary['events'], EVENTS)
      deepEqual(summary['alerts_by_rule'], first?.summary['alerts_by_rule'])
    }
    const rates = runs.map(({ summary }) => Number(summary['events_per_second']))
    const rules = first?.summary['rules'] as { readonly loaded: number } // Part of the contract.
    return {
      title: 'Replay, end to end',
      notes: [
        `\`pomona replay FILE --json\` on ${shown(EVENTS)} events in a file of ${shown(bytes / MEBIBYTE)} MiB: read, ` +
          `normalise, ${rules.loaded} rules, alerts as JSON. One process, one thread. The rate leaves out ` +
          `starting and compiling rules; the wall time has both. Median of ${RUNS} runs.`,
        SIMULATED,
      ],
      columns: ['events', 'events/s', 'wall time, s', 'peak memory, MiB', 'alerts'],
      rows: [
        [
          shown(EVENTS),
          spread(rates),
          shown(median(runs.map(({ wallSeconds }) => wallSeconds)), 1),
          shown(Math.max(...runs.map(({ bytesMax }) => bytesMax)) / MEBIBYTE),
          String(first?.summary['alerts']),
        ],
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
