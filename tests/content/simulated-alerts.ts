/** Simulated Macs through the whole pipeline: simulator → reader → normaliser → detector. */
import { join } from 'node:path'
import { Detector } from '@pomona/detect'
import { Normalizer } from '@pomona/normalize'
import type { Rule } from '@pomona/rules'
import { type Alert, type EcsEvent, problemsOf, TENANT_DEFAULT } from '@pomona/schema'
import { HOST_DEFAULT, loadScenarios, readLine, type Scenario, simulate } from '@pomona/sensor'
import { ROOT } from '../source-tree.ts'

/** What a simulated Mac gave. `problems` lists what went wrong on the way; it should be empty. */
export interface Findings {
  readonly events: number
  readonly alerts: readonly Alert[]
  readonly problems: readonly string[]
}

/** What to play: `scenario`(s) once, `background` until `eventsMax` events were written. */
export interface Play {
  readonly scenario?: Scenario
  readonly scenarios?: readonly Scenario[]
  readonly background?: readonly Scenario[]
  readonly eventsMax?: number
  readonly seed: string
}

/**
 * Reads the shipped scenarios of one kind.
 *
 * @throws Error when one of them cannot be read.
 */
export async function shippedScenarios(kind: 'attacks' | 'benign'): Promise<readonly Scenario[]> {
  const { scenarios, problems } = await loadScenarios(join(ROOT, 'content/scenarios', kind))
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return scenarios
}

const PROBLEMS_MAX = 20
/** Every so many events one is checked against the field table. */
const CHECK_EVERY = 50

/** Plays scenarios on one Mac and gives its normalised events; `note` hears what goes wrong. */
export function* eventsOf(play: Play, note: (problem: string) => void): Generator<EcsEvent> {
  const normalizer = new Normalizer(
    {
      tenantId: TENANT_DEFAULT,
      host: { id: 'mac-1', name: HOST_DEFAULT.name, os_version: HOST_DEFAULT.osVersion },
      bootId: 'boot-1',
      sensor: 'eslogger',
    },
    { original: false },
  )
  let events = 0
  for (const line of simulate(simulationOf(play))) {
    const read = readLine(line, events)
    events += 1
    if (!read.ok) {
      note(`line ${events}: ${read.reason}`)
      continue
    }
    const normalized = normalizer.normalize(read.record)
    if (!normalized.ok) {
      note(`line ${events}: ${normalized.reason}`)
      continue
    }
    const { event } = normalized
    if (events % CHECK_EVERY === 0) {
      for (const { field, reason } of problemsOf(event)) note(`line ${events}: ${field} ${reason}`)
    }
    yield event
  }
}

/** Plays scenarios on one Mac and gives what the rules say about it. */
export function findingsOf(rules: readonly Rule[], play: Play): Findings {
  const detector = new Detector(rules)
  const alerts: Alert[] = []
  const problems: string[] = []
  const note = (problem: string): void => {
    if (problems.length < PROBLEMS_MAX) problems.push(problem)
  }
  let events = 0
  for (const event of eventsOf(play, note)) {
    events += 1
    alerts.push(...detector.process(event))
  }
  alerts.push(...detector.settle())
  for (const { ruleId, errored } of detector.counts().rules) {
    if (errored > 0) note(`rule ${ruleId} failed on ${errored} events`)
  }
  return { events, alerts, problems }
}

/** How many alerts each rule gave, by the rule's folder, in order of name. */
export function alertCounts(
  rules: readonly Rule[],
  alerts: readonly Alert[],
): Readonly<Record<string, number>> {
  const slugs = new Map(rules.map(({ id, path }) => [id, path]))
  const counts = new Map<string, number>()
  for (const { rule_id: id } of alerts) {
    const slug = slugs.get(id) ?? id
    counts.set(slug, (counts.get(slug) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function simulationOf({ scenario, scenarios, background, eventsMax, seed }: Play) {
  return {
    seed,
    ...(scenario !== undefined && { scenarios: [scenario] }),
    ...(scenarios !== undefined && { scenarios }),
    ...(background !== undefined && { background }),
    ...(eventsMax !== undefined && { eventsMax }),
  }
}
