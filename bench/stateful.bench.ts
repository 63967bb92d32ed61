/** Sequence rules over many hosts: rate, memory of what is open, what is left when it is over. */
import { equal, ok } from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Detector } from '@pomona/detect'
import { loadRules, parseFieldMapping, type Rule } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Report, shown, threadUs } from './measurement.ts'

const RULES = 300
const HOSTS = 1_000
const EVENTS = 2_000_000
/** Event time between two events of one host. */
const STEP_MS = 500
const SPAN_S = 60
/** One event in so many opens a partial; of these, one in so many is completed. */
const OPENS_EVERY = 10
const COMPLETES_EVERY = 20
const TURN_EVENTS = 1_000
/** Figures of memory are taken this often. */
const WATCH_EVENTS = 250_000
const START_MS = Date.UTC(2026, 0, 1)
const MEBIBYTE = 1_048_576

function rules(): readonly Rule[] {
  const path = join(import.meta.dirname, '../content/mappings/sigma-macos.yml')
  const mapping = parseFieldMapping(readFileSync(path, 'utf8'))
  const sources = Array.from({ length: RULES }, (_, index) => {
    return { path: `rule-${index}.yml`, text: ruleText(index) }
  })
  const loaded = loadRules(sources, { mapping }).rules
  equal(loaded.length, RULES)
  return loaded
}

function ruleText(index: number): string {
  const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
  return [
    `title: Sequence ${index}`,
    `id: ${id}`,
    'level: medium',
    'logsource: { product: macos }',
    'language: eql',
    'query: |',
    `  sequence by process.entity_id with maxspan=${SPAN_S}s`,
    `    [process where event.action == "exec" and process.name == "tool-${index}"]`,
    `    [file where event.action == "create" and file.path like "/tmp/drop-${index}/*"]`,
  ].join('\n')
}

/** The same events every time: the number of an event decides everything about it. */
function eventOf(number: number): EcsEvent {
  const host = number % HOSTS
  const turn = Math.floor(number / HOSTS)
  const rule = (host * 7 + turn * 13) % RULES
  const opens = (turn + host) % OPENS_EVERY === 0
  const completes = (turn + host) % (OPENS_EVERY * COMPLETES_EVERY) === 1
  // A partial that is completed was opened by the event before.
  const opened = completes ? (host * 7 + (turn - 1) * 13) % RULES : rule
  const process = completes || opens ? `${host}-${completes ? turn - 1 : turn}` : `${host}-other`
  const time = new Date(START_MS + turn * STEP_MS + (host % STEP_MS)).toISOString()
  const event = {
    '@timestamp': `${time.slice(0, -1)}000000Z`,
    event: {
      id: `bench-${number}`,
      action: opens ? 'exec' : 'create',
      kind: 'event',
      category: [opens ? 'process' : 'file'],
      type: [opens ? 'start' : 'creation'],
    },
    host: { id: `host-${host}`, os: { type: 'macos' } },
    process: {
      entity_id: process,
      name: opens ? `tool-${rule}` : 'other',
      executable: opens ? `/usr/local/bin/tool-${rule}` : '/usr/bin/other',
      pid: turn,
    },
    ...(opens ? {} : { file: { path: completes ? `/tmp/drop-${opened}/x` : '/Users/u/notes' } }),
  }
  return event // Shaped like one; ids are not branded here.
}

function heapBytes(collect: () => void): number {
  collect()
  return process.memoryUsage().heapUsed
}

interface Watched {
  readonly open: number
  readonly heapMax: number
  readonly bytesEstimated: number
  readonly alerts: number
  readonly us: number
}

function run(detector: Detector, collect: () => void): Watched {
  let [us, alerts, open, heapMax, bytesEstimated] = [0, 0, 0, 0, 0]
  for (let from = 0; from < EVENTS; from += TURN_EVENTS) {
    const events = Array.from({ length: TURN_EVENTS }, (_, index) => eventOf(from + index))
    const startedUs = threadUs()
    for (const event of events) alerts += detector.process(event).length
    us += threadUs() - startedUs
    if ((from + TURN_EVENTS) % WATCH_EVENTS !== 0) continue
    const counts = detector.counts().rules
    const now = counts.reduce((sum, rule) => sum + rule.open, 0)
    const heap = heapBytes(collect)
    if (now < open) continue
    open = now
    heapMax = heap
    bytesEstimated = counts.reduce((sum, rule) => sum + rule.bytes, 0)
  }
  return { us, alerts, open, heapMax, bytesEstimated }
}

/** Lets every window close: one event of each host, long after the last. */
function close(detector: Detector): number {
  const turn = Math.ceil(EVENTS / HOSTS) + (SPAN_S * 20_000) / STEP_MS
  // Its turn opens and completes nothing.
  const quiet = Array.from({ length: OPENS_EVERY * 2 }, (_, index) => turn + index)
  let alerts = 0
  for (const one of quiet) {
    for (let host = 0; host < HOSTS; host += 1) {
      const event = eventOf(one * HOSTS + host)
      if (event.event?.action === 'exec') continue
      alerts += detector.process(event).length
    }
  }
  return alerts + detector.settle().length
}

/** Measures rules over several events. */
export async function bench(): Promise<Report> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const detector = new Detector(rules(), { repeatSpanMs: 0 })
  for (let host = 0; host < HOSTS; host += 1) detector.process(eventOf(HOSTS * 2 + host))
  const before = heapBytes(collect)
  const { us, alerts, open, heapMax, bytesEstimated } = run(detector, collect)
  const late = close(detector)
  const after = heapBytes(collect)
  const counts = detector.counts().rules
  const left = counts.reduce((sum, rule) => sum + rule.open, 0)
  const evicted = counts.reduce((sum, rule) => sum + rule.evicted + rule.skipped, 0)
  equal(left, 0)
  equal(evicted, 0)
  ok(alerts + late > 0)
  return {
    title: 'Sequences over many hosts',
    notes: [
      `${RULES} sequence rules of two steps (\`by process.entity_id with maxspan=${SPAN_S}s\`) in one \`Detector\`, ` +
        `${shown(EVENTS)} events of ${shown(HOSTS)} hosts, ${STEP_MS} ms of event time between two of a host: one event in ` +
        `${OPENS_EVERY} opens a partial, one of these in ${COMPLETES_EVERY} is completed. Synthetic. Processor time of one thread ` +
        `in \`process\`; making the events is not in it. Nothing was evicted and no partial was left; checked.`,
      `Bytes a partial: the heap after a collection at the most open partials, less the heap when all windows had closed, ` +
        `held events and known hosts included in both. The engine's own estimate, by which it is bounded, stands beside it.`,
    ],
    columns: [
      'events/s',
      'alerts',
      'open at most',
      'bytes a partial',
      'estimated',
      'heap before, MiB',
      'at most open, MiB',
      'windows closed, MiB',
    ],
    rows: [
      [
        shown((EVENTS / us) * 1e6),
        shown(alerts + late),
        shown(open),
        shown((heapMax - after) / open),
        shown(bytesEstimated / open),
        shown(before / MEBIBYTE, 1),
        shown(heapMax / MEBIBYTE, 1),
        shown(after / MEBIBYTE, 1),
      ],
    ],
  }
}
