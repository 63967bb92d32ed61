/** How benchmarks measure, and the form in which they report. */
import { execFileSync } from 'node:child_process'
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os'

/** A benchmark's result: tables as text, and what a reader must know to judge them. */
export interface Report {
  readonly title: string
  /** Corpus, method and limits, one paragraph each. */
  readonly notes: readonly string[]
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const GIBIBYTE = 1024 ** 3

/** The middle of an odd number of values; of an even number, the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error('no values to take the median of')
  return middle
}

/** Seconds that a function takes, once. */
export async function seconds(work: () => unknown): Promise<number> {
  const startedMs = performance.now()
  await work()
  return (performance.now() - startedMs) / 1_000
}

/** Processor time of this thread, in microseconds: what others do on the machine is not in it. */
export function threadUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

/** A number for people, with separators. */
export function shown(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

/** Lowest, median and highest of repeated runs, as a rate. */
export function spread(values: readonly number[]): string {
  return `${shown(median(values))} (${shown(Math.min(...values))} to ${shown(Math.max(...values))})`
}

/** The machine and the commit that figures belong to. */
export function circumstances(): string {
  const [cpu] = cpus()
  const model = cpu?.model.trim() ?? 'unknown processor'
  const memory = shown(totalmem() / GIBIBYTE)
  return (
    `${cpus().length} × ${model}, ${memory} GiB, ${type()} ${release()} ${arch()}, ` +
    `Node ${process.versions.node}, commit ${commit()}; ` +
    `load average at the start ${shown(loadavg()[0] ?? 0, 1)}, which a quiet machine has below 1`
  )
}

function commit(): string {
  try {
    const id = git(['rev-parse', '--short=12', 'HEAD'])
    const isDirty = git(['status', '--porcelain']) !== ''
    return isDirty ? `${id} with changes` : id
  } catch {
    // A downloaded archive has no repository.
    return 'unknown'
  }
}

function git(args: string[]): string {
  return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}
