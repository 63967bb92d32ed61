/** What an event costs the agent, stage by stage, beside what parsing its JSON alone costs. */
import { equal } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { readContent } from '../apps/agent/src/content.ts'
import { HostDetection } from '../apps/agent/src/pipeline/detection.ts'
import { textOf } from '../apps/agent/src/pipeline/event-text.ts'
import { priorityOf } from '../apps/agent/src/pipeline/priority.ts'
import { systemClock, systemRandom } from '../apps/agent/src/machine.ts'
import { systemFileSystem } from '../apps/agent/src/spool/file-system.ts'
import { Spool } from '../apps/agent/src/spool/spool.ts'
import { Normalizer } from '@pomona/normalize'
import { type EcsEvent, TENANT_DEFAULT } from '@pomona/schema'
import { FILTER_POLICY, policyFilter, type RawRecord, readLine, redactRecord } from '@pomona/sensor'
import { CONTEXT, SIMULATED, simulatedLines } from './corpus.ts'
import { median, type Report, shown, threadUs } from './measurement.ts'

const ROUNDS = 5
const LINES = 100_000
/** Lines between two turns: some milliseconds, so that a busy machine slows all stages alike. */
const TURN_LINES = 250
const LONG_BYTES = 4_000
const CONTENT = join(import.meta.dirname, '..', 'content')

const STAGES = ['JSON.parse', 'read', 'redact', 'normalise', 'detect', 'text', 'keep'] as const
type Stage = (typeof STAGES)[number]
type Costs = Record<Stage, number>

interface Parts {
  readonly normalizer: Normalizer
  readonly detection: HostDetection
  readonly spool: Spool
}

function timed<Result>(costs: Costs, stage: Stage, work: () => Result): Result {
  const startedUs = threadUs()
  const result = work()
  costs[stage] += threadUs() - startedUs
  return result
}

function parse(lines: readonly string[], costs: Costs): void {
  const parsed = timed(costs, 'JSON.parse', () => lines.map((line): unknown => JSON.parse(line)))
  equal(parsed.length, lines.length)
}

/** One turn of lines through every stage, each over all lines before the next begins. */
async function turn(lines: readonly string[], parts: Parts, costs: Costs): Promise<void> {
  const { normalizer, detection, spool } = parts
  const filter = policyFilter({ ...FILTER_POLICY, ownPid: 1 })
  const records = timed(costs, 'read', () =>
    lines.flatMap((line): RawRecord[] => {
      const read = readLine(line, 0)
      return read.ok && filter.ofRecord(read.record.value) === undefined ? [read.record] : []
    }),
  )
  const clean = timed(costs, 'redact', () => records.map((record) => redactRecord(record).record))
  const events = timed(costs, 'normalise', () =>
    clean.flatMap((record): EcsEvent[] => {
      const sequence = spool.takeSequences(1)
      const normalized = normalizer.normalize({ ...record, sequence })
      return normalized.ok ? [normalized.event] : []
    }),
  )
  timed(costs, 'detect', () => events.map((event) => detection.observe(event)))
  const texts = timed(costs, 'text', () => events.map((event) => textOf(event, NOW) ?? ''))
  timed(costs, 'keep', () => {
    for (const [index, event] of events.entries()) {
      spool.append({
        ...({ kind: 'event', sequence: event.event?.sequence ?? 0, sensor: 'bench' } as const),
        ...{ type: event.event?.action ?? '', priority: priorityOf(event) },
        ...{ sensedMs: 0, timeMs: 0, text: texts[index] ?? '' },
      })
    }
    // The commit compresses on other threads: here the same bytes are compressed on this one.
    equal(zstdCompressSync(texts.join('')).length > 0, true)
  })
  await spool.commit()
}

const NOW = '2026-11-25T09:00:00.000000000Z'

async function round(lines: readonly string[]): Promise<Costs> {
  const folder = await mkdtemp(join(tmpdir(), 'pomona-bench-'))
  try {
    const spool = await Spool.open({
      ...{ fileSystem: systemFileSystem, folder, clock: systemClock, random: systemRandom },
      ...{ bytesMax: 2 ** 30, freeBytesMin: 0, bootId: 'boot', streamId: (run) => run },
    })
    const detection = new HostDetection(TENANT_DEFAULT)
    detection.use(await readContent(CONTENT))
    const parts = { normalizer: new Normalizer(CONTEXT), detection, spool }
    // Stage by stage the counts begin at 0.
    const costs = Object.fromEntries(STAGES.map((stage) => [stage, 0])) as Costs
    // A line is seen once: the second time the engine would know the order of its keys.
    for (let from = 0; from < lines.length; from += 2 * TURN_LINES) {
      parse(lines.slice(from, from + TURN_LINES), costs)
      await turn(lines.slice(from + TURN_LINES, from + 2 * TURN_LINES), parts, costs)
    }
    await spool.close()
    return costs
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function row(name: string, lines: readonly string[]): Promise<readonly string[]> {
  const rounds: Costs[] = []
  const share = Math.floor(lines.length / ROUNDS / (2 * TURN_LINES)) * 2 * TURN_LINES
  for (let index = 0; index < ROUNDS; index++) {
    rounds.push(await round(lines.slice(index * share, (index + 1) * share)))
  }
  // Half of the lines were parsed, half went the whole path.
  const turned = share / 2
  const cost = (stage: Stage): number => median(rounds.map((each) => each[stage])) / turned
  const [parse, ...path] = STAGES
  const whole = median(
    rounds.map((each) => path.reduce((sum, stage) => sum + each[stage], 0) / turned),
  )
  const ratio = median(
    rounds.map((each) => path.reduce((sum, stage) => sum + each[stage], 0) / each[parse]),
  )
  const bytes = lines.reduce((sum, line) => sum + line.length, 0) / lines.length
  return [
    ...[name, shown(lines.length), shown(bytes)],
    ...STAGES.map((stage) => shown(cost(stage), 1)),
    ...[shown(whole, 1), shown(ratio, 2)],
  ]
}

/** The path of an event through the agent. */
export async function bench(): Promise<Report> {
  const all: string[] = []
  for await (const line of simulatedLines(LINES)) all.push(line)
  const long = all.filter(({ length }) => length >= LONG_BYTES)
  return {
    title: 'Agent, stage by stage',
    notes: [
      'Processor time of the one thread in microseconds a line: `read` is depth check, exact ' +
        'integers, parsing and the source filter; `detect` is the rules of `content/rules` that ' +
        'are marked for the host; `text` is the JSON that goes into a batch; `keep` is the ' +
        'spool with zstd level 3, which in the agent runs on another thread. Stages take turns of ' +
        `${TURN_LINES} lines, parsing and the path on different ones. Median of ${ROUNDS} rounds.`,
      `${SIMULATED} Long lines are those of at least ${shown(LONG_BYTES)} characters, nearly all of them executions.`,
      'Lines that the source filter leaves out before they are parsed cost nothing of this; here ' +
        'every line is parsed, so that both sides do the same work.',
    ],
    columns: ['lines', 'count', 'bytes a line', ...STAGES, 'whole path', 'times JSON.parse'],
    rows: [await row('all', all), await row('long', long)],
  }
}
