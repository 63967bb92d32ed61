/** The streams that benchmarks run on. */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { EcsEvent } from '@pomona/schema'
import { TENANT_DEFAULT } from '@pomona/schema'
import { type HostContext, Normalizer } from '@pomona/normalize'
import { loadScenarios, readLine, simulate } from '@pomona/sensor'

const ROOT = join(import.meta.dirname, '..')
const REAL = join(ROOT, '../shared/data/sensors/eslogger/mullvad_real_v9_v10_v11.jsonl')
const SEED = 'bench'

/** What the simulated corpus is, for the notes of a report. */
export const SIMULATED =
  'Synthetic: all benign profiles at once and each attack scenario of `content/scenarios` once, ' +
  `played on one Mac with seed \`${SEED}\`. Real Macs write other mixes of event types.`

/** A host to normalise for. */
export const CONTEXT: HostContext = {
  tenantId: TENANT_DEFAULT,
  host: { id: 'bench-host', name: 'bench', os_version: '26.1', architecture: 'arm64' },
  bootId: 'bench-boot',
  sensor: 'bench',
}

/** The simulated corpus, line by line; the same lines every time. */
export async function* simulatedLines(eventsMax: number): AsyncGenerator<string> {
  const { scenarios } = await loadScenarios(join(ROOT, 'content/scenarios'))
  yield* simulate({
    seed: SEED,
    eventsMax,
    background: scenarios.filter(({ kind }) => kind === 'benign'),
    scenarios: scenarios.filter(({ kind }) => kind === 'attack'),
  })
}

/** Writes the simulated corpus to a file and gives its bytes. */
export async function writeSimulated(path: string, eventsMax: number): Promise<number> {
  const file = openSync(path, 'w')
  let bytes = 0
  let chunk = ''
  for await (const line of simulatedLines(eventsMax)) {
    chunk += `${line}\n`
    if (chunk.length < 1_048_576) continue
    bytes += writeSync(file, chunk)
    chunk = ''
  }
  bytes += writeSync(file, chunk)
  closeSync(file)
  return bytes
}

/** The real records that lie beside the checkout, if they do. */
export function realLines(): readonly string[] {
  if (!existsSync(REAL)) return []
  return readFileSync(REAL, 'utf8').trim().split('\n')
}

/** The simulated corpus as events. */
export async function simulatedEvents(eventsMax: number): Promise<readonly EcsEvent[]> {
  const normalizer = new Normalizer(CONTEXT)
  const events: EcsEvent[] = []
  let sequence = 0
  for await (const line of simulatedLines(eventsMax)) {
    const read = readLine(line, sequence++)
    if (!read.ok) throw new Error(`the simulator wrote a line that cannot be read: ${read.reason}`)
    const normalized = normalizer.normalize(read.record)
    if (!normalized.ok) throw new Error(`a simulated record is no event: ${normalized.reason}`)
    events.push(normalized.event)
  }
  return events
}
