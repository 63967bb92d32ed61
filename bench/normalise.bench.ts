/** How fast a line becomes an event, beside what parsing its JSON alone costs. */
import { equal } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Normalizer } from '@pomona/normalize'
import { readLine } from '@pomona/sensor'
import { CONTEXT, realLines, SIMULATED, simulatedLines } from './corpus.ts'
import { median, type Report, seconds, shown, spread } from './measurement.ts'

const RUNS = 5
const SIMULATED_EVENTS = 20_000
const REAL_REPEATS = 2_000

function parseAll(lines: readonly string[]): number {
  let objects = 0
  for (const line of lines) if (typeof JSON.parse(line) === 'object') objects++
  return objects
}

function normaliseAll(lines: readonly string[]): number {
  const normalizer = new Normalizer(CONTEXT)
  let events = 0
  let sequence = 0
  for (const line of lines) {
    const read = readLine(line, sequence++)
    if (read.ok && normalizer.normalize(read.record).ok) events++
  }
  return events
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

async function row(name: string, lines: readonly string[]): Promise<readonly string[]> {
  // The result must be the same each time, and every line must take part, before any time counts.
  equal(digest(lines), digest(lines))
  equal(normaliseAll(lines), lines.length)
  equal(parseAll(lines), lines.length)
  const parsing: number[] = []
  const normalising: number[] = []
  // Taking turns spreads the noise of the machine over both.
  for (let run = 0; run < RUNS; run++) {
    parsing.push(lines.length / (await seconds(() => parseAll(lines))))
    normalising.push(lines.length / (await seconds(() => normaliseAll(lines))))
  }
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / lines.length
  const ratio = median(normalising) / median(parsing)
  return [
    name,
    shown(lines.length),
    shown(bytes),
    spread(parsing),
    spread(normalising),
    ratio.toFixed(2),
  ]
}

/** Measures normalising. */
export async function bench(): Promise<Report> {
  const simulated = await Array.fromAsync(simulatedLines(SIMULATED_EVENTS))
  const real = realLines()
  const repeated = Array.from({ length: REAL_REPEATS }, () => real).flat()
  return {
    title: 'Normalising',
    notes: [
      `Lines in memory → \`readLine\` (depth check, exact 64-bit integers) → \`Normalizer\` (process table), ` +
        `against \`JSON.parse\` alone on the same lines. Median of ${RUNS} runs in turns, lowest and highest beside it.`,
      SIMULATED,
      real.length === 0
        ? 'The real records were not beside the checkout and were not measured.'
        : `Real: ${real.length} eslogger records of macOS 15 to 27 from a public repository, repeated; too few kinds to stand for a Mac.`,
    ],
    columns: ['corpus', 'lines', 'bytes a line', 'JSON.parse lines/s', 'events/s', 'ratio'],
    rows: [
      await row('simulated', simulated),
      ...(real.length === 0 ? [] : [await row('real, repeated', repeated)]),
    ],
  }
}
