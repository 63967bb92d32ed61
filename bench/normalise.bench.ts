/** How fast a line becomes an event, beside what parsing its JSON alone costs. */
import { deepEqual, equal } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Normalizer } from '@pomona/normalize'
import { readLine } from '@pomona/sensor'
import { CONTEXT, realLines, SIMULATED, simulatedLines } from './corpus.ts'
import { median, type Report, shown, spread, threadUs } from './measurement.ts'

const ROUNDS = 7
/** Lines between two turns: some milliseconds, so that a busy machine slows both alike. */
const TURN_LINES = 250
const SIMULATED_EVENTS = 20_000
const REAL_REPEATS = 2_000
const US_PER_SECOND = 1_000_000

type Work = (line: string, sequence: number) => boolean

function parse(line: string): boolean {
  return typeof JSON.parse(line) === 'object'
}

function normalise(normalizer: Normalizer): Work {
  return (line, sequence) => {
    const read = readLine(line, sequence)
    return read.ok && normalizer.normalize(read.record).ok
  }
}

function digest(lines: readonly string[]): string {
  const normalizer = new Normalizer(CONTEXT)
  const hash = createHash('sha256')
  for (const [sequence, line] of lines.entries()) {
    const read = readLine(line, sequence)
    if (read.ok) hash.update(JSON.stringify(normalizer.normalize(read.record)))
  }
  return hash.digest('hex')
}

// The slow way that the language offers to keep long integers.
function exact(_key: string, value: unknown, { source }: { readonly source: string }): unknown {
  const isRounded = typeof value === 'number' && !Number.isSafeInteger(value)
  return isRounded && /^-?\d+$/.test(source) ? source : value
}

function parsedExactly(line: string): unknown {
  // Sound: since ECMAScript 2026 revivers get the source of a primitive, and only of one; the
  // declarations of TypeScript do not say so yet.
  return JSON.parse(line, exact as (key: string, value: unknown) => unknown)
}

function check(lines: readonly string[]): void {
  equal(digest(lines), digest(lines))
  for (const [sequence, line] of lines.entries()) {
    const read = readLine(line, sequence)
    deepEqual(read.ok && read.record.value, parsedExactly(line))
  }
}

interface Turn {
  readonly lines: readonly string[]
  readonly from: number
}

function turnUs({ lines, from }: Turn, work: Work): number {
  const to = Math.min(from + TURN_LINES, lines.length)
  let done = 0
  const startedUs = threadUs()
  for (let index = from; index < to; index++) if (work(lines[index] ?? '', index)) done++
  const tookUs = threadUs() - startedUs
  equal(done, to - from)
  return tookUs
}

/** Lines a second of both, in turns over the whole corpus. */
function round(lines: readonly string[]): { parsing: number; normalising: number } {
  const normaliser = normalise(new Normalizer(CONTEXT))
  let parsingUs = 0
  let normalisingUs = 0
  for (let from = 0; from < lines.length; from += TURN_LINES) {
    parsingUs += turnUs({ lines, from }, parse)
    normalisingUs += turnUs({ lines, from }, normaliser)
  }
  return {
    parsing: (lines.length / parsingUs) * US_PER_SECOND,
    normalising: (lines.length / normalisingUs) * US_PER_SECOND,
  }
}

function row(name: string, lines: readonly string[]): readonly string[] {
  check(lines)
  round(lines)
  const rounds = Array.from({ length: ROUNDS }, () => round(lines))
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / lines.length
  const ratios = rounds.map(({ parsing, normalising }) => normalising / parsing)
  const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
  return [
    name,
    shown(lines.length),
    shown(bytes),
    spread(rounds.map(({ parsing }) => parsing)),
    spread(rounds.map(({ normalising }) => normalising)),
    `${median(ratios).toFixed(2)} (${range})`,
  ]
}

const SEQUENCE = /"((?:global_)?seq_num)":\d+/g
const TOKEN = /"audit_token":(?:\{[^}]*"pidversion":(\d+)[^}]*\}|\[(?:\d+,){7}(\d+)\])/g

// Each line once more with another sequence and other pid versions of the processes it is about;
// their parents and the responsible processes stay.
function varied(line: string, turn: number): string {
  const own = [...line.matchAll(TOKEN)].map(([, inObject, inArray]) => inObject ?? inArray ?? '')
  let text = line.replaceAll(SEQUENCE, `"$1":${turn}`)
  for (const version of new Set(own)) {
    const next = String(Number(version) + turn * 10)
    text = text.replaceAll(`"pidversion":${version}`, `"pidversion":${next}`)
    text = text.replaceAll(`,${version}]`, `,${next}]`)
  }
  return text
}

/** Measures normalising. */
export async function bench(): Promise<Report> {
  const simulated = await Array.fromAsync(simulatedLines(SIMULATED_EVENTS))
  const real = realLines()
  const turns = Array.from({ length: REAL_REPEATS }, (_, turn) => turn)
  const same = turns.flatMap(() => real)
  const others = turns.flatMap((turn) => real.map((line) => varied(line, turn)))
  return {
    title: 'Normalising',
    notes: [
      `Lines in memory → \`readLine\` (depth check, exact 64-bit integers) → \`Normalizer\` (process table), ` +
        `against \`JSON.parse\` alone on the same lines: processor time of the one thread, in turns of ` +
        `${TURN_LINES} lines. Median of ${ROUNDS} rounds, lowest and highest beside it.`,
      `${SIMULATED} Keys are in random order, as in real records. How many different orders a real stream has decides how ` +
        `fast \`JSON.parse\` is, and a handful of records cannot say; here four objects in ten have a new one.`,
      real.length === 0
        ? 'The real records were not beside the checkout and were not measured.'
        : `Real: ${real.length} eslogger records of macOS 15 to 27 from public repositories; too few kinds to stand for a Mac. ` +
          `Repeated as they are: few orders of keys, and processes known from the second time on. Repeated with other pid ` +
          `versions and numbers: every line is about processes never seen before, which is more than a Mac does.`,
    ],
    columns: ['corpus', 'lines', 'bytes a line', 'JSON.parse lines/s', 'events/s', 'ratio'],
    rows: [
      row('simulated', simulated),
      ...(real.length === 0
        ? []
        : [row('real, repeated', same), row('real, new processes', others)]),
    ],
  }
}
