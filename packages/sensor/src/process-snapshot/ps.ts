import { type CommandLine, howEnded } from '../command/command.ts'
import { runCommand, type RunTools } from '../command/run.ts'
import type { SensorProblem } from '../sensor.ts'

/*
 * What `ps -axww -o pid=,ppid=,uid=,lstart=,args=` prints, in English and UTC, and the same with
 * `comm=` in place of `args=`:
 *
 *     1     0     0 Mon Mar  2 08:30:00 2026 /sbin/launchd
 *   501     1   501 Mon Mar  2 08:31:07 2026 /Applications/Some App.app/Contents/MacOS/app --flag
 *
 * Paths and arguments hold blanks, so that a line with both could not be taken apart; two calls can
 * be joined by pid and start. On macOS `comm` is the path of the executable.
 */

/** A process that runs; the shape the normaliser's process table takes. */
export interface RunningProcess {
  readonly pid: number
  readonly parentPid: number
  /** Effective user id. */
  readonly userId: number
  /** RFC 3339, whole seconds. */
  readonly startTime: string
  /** Absolute path of the executable. */
  readonly executable?: string
  /** The arguments as one text: where one ends and the next begins is lost. */
  readonly commandLine?: string
}

/** The processes that run, or why they could not be listed. */
export type ProcessSnapshot =
  | { readonly ok: true; readonly processes: readonly RunningProcess[]; readonly refused: number }
  | { readonly ok: false; readonly problem: SensorProblem }

const PS = '/bin/ps'
const COLUMNS = 'pid=,ppid=,uid=,lstart='
const BYTES_MAX = 16 * 1024 * 1024
const TIMEOUT_MS = 20_000
const PROCESSES_MAX = 16_384
const LINE_CHARACTERS_MAX = 1_048_576

/**
 * Lists the processes that run.
 *
 * @param redact Blanks out secrets in a command line; it is read before anything keeps it.
 */
export async function processSnapshot(
  tools: RunTools,
  redact: (commandLine: string) => string,
): Promise<ProcessSnapshot> {
  const [names, lines] = await Promise.all([
    runCommand(tools, listing('comm='), { stdoutBytesMax: BYTES_MAX, timeoutMs: TIMEOUT_MS }),
    runCommand(tools, listing('args='), { stdoutBytesMax: BYTES_MAX, timeoutMs: TIMEOUT_MS }),
  ])
  const failed = [names, lines].find(({ succeeded }) => !succeeded)
  if (failed !== undefined) {
    const message = `${PS} did not list the processes that run (${howEnded(failed.end)}).`
    return { ok: false, problem: { code: 'processes_unlisted', message } }
  }
  const { processes, refused } = joinSnapshots({
    names: text(names.stdout),
    lines: text(lines.stdout),
  })
  return {
    ok: true,
    processes: processes.map((process) =>
      process.commandLine === undefined
        ? process
        : { ...process, commandLine: redact(process.commandLine) },
    ),
    refused,
  }
}

function listing(last: 'comm=' | 'args='): CommandLine {
  return { path: PS, args: ['-axww', '-o', `${COLUMNS},${last}`] }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

/** Both lists of one moment as one. */
export interface JoinedSnapshot {
  readonly processes: readonly RunningProcess[]
  /** Lines that are no process. */
  readonly refused: number
}

/**
 * Joins what `ps` printed with names and with arguments. A process that was in only one of them has
 * just begun or ended and is told as far as it is known.
 */
export function joinSnapshots({
  names,
  lines,
}: {
  readonly names: string
  readonly lines: string
}): JoinedSnapshot {
  const named = rows(names)
  const lined = rows(lines)
  const processes = new Map<string, RunningProcess>()
  for (const { key, process, rest } of named.rows) {
    const executable = rest.startsWith('/') ? { executable: rest } : {}
    processes.set(key, { ...process, ...executable })
  }
  for (const { key, process, rest } of lined.rows) {
    const known = processes.get(key) ?? process
    if (processes.size >= PROCESSES_MAX && !processes.has(key)) continue
    processes.set(key, rest === '' ? known : { ...known, commandLine: rest })
  }
  return { processes: [...processes.values()], refused: named.refused + lined.refused }
}

interface Row {
  readonly key: string
  readonly process: Omit<RunningProcess, 'executable' | 'commandLine'>
  readonly rest: string
}

const ROW =
  /^\s*(\d{1,9})\s+(\d{1,9})\s+(-?\d{1,10})\s+\w{3}\s+(\w{3})\s+(\d{1,2})\s+(\d{2}:\d{2}:\d{2})\s+(\d{4})(?:\s(.*))?$/s
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const UID_BITS = 0x1_0000_0000

function rows(printed: string): { readonly rows: readonly Row[]; readonly refused: number } {
  const found: Row[] = []
  let refused = 0
  for (const line of printed.split('\n')) {
    if (line.trim() === '') continue
    const row = line.length > LINE_CHARACTERS_MAX ? undefined : rowOf(line)
    if (row === undefined || found.length >= PROCESSES_MAX) refused += 1
    else found.push(row)
  }
  return { rows: found, refused }
}

function rowOf(line: string): Row | undefined {
  const [, pid, parent, user, month = '', day = '', time, year, rest] = ROW.exec(line) ?? []
  const at = MONTHS.indexOf(month)
  if (pid === undefined || at < 0 || at % 3 !== 0 || Number(day) > 31) return undefined
  const monthText = String(at / 3 + 1).padStart(2, '0')
  const startTime = `${year}-${monthText}-${day.padStart(2, '0')}T${time}Z`
  // -2, `nobody`, is printed with its sign.
  const userId = Number(user) < 0 ? Number(user) + UID_BITS : Number(user)
  return {
    key: `${pid} ${startTime}`,
    process: { pid: Number(pid), parentPid: Number(parent), userId, startTime },
    rest: (rest ?? '').trim(),
  }
}
