/** Simulated Macs through the whole pipeline to incidents, with the truth of who did what. */
import { Detector } from '@pomona/detect'
import { type BookedIncident, IncidentBook, IncidentTracker } from '@pomona/investigate'
import { Normalizer } from '@pomona/normalize'
import type { Rule } from '@pomona/rules'
import { type Alert, TENANT_DEFAULT } from '@pomona/schema'
import {
  HOST_DEFAULT,
  readLine,
  type Scenario,
  type SimulationOptions,
  simulateTold,
} from '@pomona/sensor'

/** What a simulated Mac gave. */
export interface IncidentFindings {
  readonly incidents: readonly BookedIncident[]
  readonly alerts: ReadonlyMap<string, Alert>
  readonly events: number
  /** Ids of the scenarios that an alert's events come of. */
  readonly scenariosOf: (alertId: string) => readonly string[]
}

/** A run that is cut: the state is saved and taken up again before these events. */
export interface Cuts {
  readonly before: ReadonlySet<number>
}

/** Plays scenarios on one Mac and gives the incidents that its alerts become. */
export function incidentsOf(
  rules: readonly Rule[],
  play: SimulationOptions,
  cuts: Cuts = { before: new Set() },
): IncidentFindings {
  const normalizer = new Normalizer(
    {
      tenantId: TENANT_DEFAULT,
      host: { id: 'mac-1', name: HOST_DEFAULT.name, os_version: HOST_DEFAULT.osVersion },
      bootId: 'boot-1',
      sensor: 'eslogger',
    },
    { original: false },
  )
  const detector = new Detector(rules)
  let tracker = new IncidentTracker()
  const book = new IncidentBook()
  const alerts = new Map<string, Alert>()
  const scenarioOf = new Map<string, string>()
  let events = 0
  for (const { line, scenario } of simulateTold(play)) {
    const read = readLine(line, events)
    events += 1
    const normalized = read.ok ? normalizer.normalize(read.record) : read
    if (!normalized.ok) continue
    if (cuts.before.has(events)) tracker = takenUp(tracker)
    const { event } = normalized
    scenarioOf.set(event.event?.id ?? '', scenario.id)
    const found = detector.process(event)
    for (const alert of found) alerts.set(alert.id, alert)
    tracker.observe(event, found)
    book.take(tracker.takeChanges())
  }
  for (const alert of detector.settle()) {
    alerts.set(alert.id, alert)
    tracker.add(alert)
  }
  book.take(tracker.takeChanges())
  return {
    incidents: book.incidents(),
    alerts,
    events,
    scenariosOf: (alertId) => {
      const ids = alerts.get(alertId)?.events ?? []
      return [...new Set(ids.flatMap((id) => scenarioOf.get(id) ?? []))]
    },
  }
}

// As a server does it: through text.
function takenUp(tracker: IncidentTracker): IncidentTracker {
  const restored = new IncidentTracker()
  restored.restore(JSON.parse(JSON.stringify(tracker.state())))
  return restored
}

/**
 * The incidents that hold an alert of one of these scenarios, each as the ids of all scenarios its
 * alerts come of, joined by a plus sign; in order of name. The truth is one id an incident.
 */
export function toldOf(
  { incidents, scenariosOf }: IncidentFindings,
  scenarios: readonly Scenario[],
): readonly string[] {
  const wanted = new Set(scenarios.map(({ id }) => id))
  return incidents
    .map(({ joins }) => [...new Set(joins.flatMap(({ alert_id: id }) => scenariosOf(id)))])
    .filter((ids) => ids.some((id) => wanted.has(id)))
    .map((ids) => ids.toSorted((a, b) => (a < b ? -1 : 1)).join('+'))
    .toSorted((a, b) => (a < b ? -1 : 1))
}
