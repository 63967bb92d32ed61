/** Small stories on a simulated Mac, with alerts wherever a command line says so. */
import { ok } from 'node:assert/strict'
import { Normalizer } from '@pomona/normalize'
import { type Alert, type EcsEvent, TENANT_DEFAULT } from '@pomona/schema'
import { HOST_DEFAULT, parseScenario, readLine, type Scenario, simulate } from '@pomona/sensor'
import { IncidentBook, type BookedIncident } from '../src/book.ts'
import type { IncidentLimits } from '../src/limits.ts'
import { IncidentTracker } from '../src/tracker.ts'

/** Steps of a scenario, as its file would have them. */
export type Steps = readonly unknown[]

function scenarioOf(steps: Steps): Scenario {
  const story = { id: 't', name: 'T', description: 'T', kind: 'benign', steps }
  const read = parseScenario(JSON.stringify(story), { path: 'test.yml' })
  ok(read.ok, read.ok ? '' : JSON.stringify(read.problems))
  return read.scenario
}

/** The events of these steps. */
export function eventsOf(steps: Steps): readonly EcsEvent[] {
  const normalizer = new Normalizer(
    {
      tenantId: TENANT_DEFAULT,
      host: { id: 'mac-1', name: HOST_DEFAULT.name, os_version: HOST_DEFAULT.osVersion },
      bootId: 'boot-1',
      sensor: 'eslogger',
    },
    { original: false },
  )
  return Array.from(simulate({ scenarios: [scenarioOf(steps)] }), (line, index) => {
    const read = readLine(line, index)
    ok(read.ok, line)
    const normalized = normalizer.normalize(read.record)
    ok(normalized.ok, line)
    return normalized.event
  })
}

const WORD = /\balert-([a-z0-9]+)/

/** An alert of an event whose command line or file holds `alert-NAME`, told once a process. */
export function alertsOf(event: EcsEvent, told: Set<string>): readonly Alert[] {
  const { process, file } = event
  const isExec = event.event?.action === 'exec'
  const text = isExec ? process?.command_line : file?.path
  const name = WORD.exec(text ?? '')?.[1]
  const key = `${name} ${process?.pid} ${isExec}`
  if (name === undefined || process?.executable === '/bin/sh' || told.has(key)) return []
  told.add(key)
  return [alertOf(event, name)]
}

/** An alert of rule `name` about an event. */
export function alertOf(event: EcsEvent, name: string, more: Partial<Alert> = {}): Alert {
  const { process, host, user, macos } = event
  const id = event.event?.id ?? ''
  return {
    id: `${name}@${id}`,
    rule_id: name,
    rule_name: `Rule ${name}`,
    rule_version: '1',
    severity: 'medium',
    risk_score: 47,
    attack_version: '18.1',
    techniques: [],
    tactics: ['execution'],
    time: event['@timestamp'] ?? '',
    tenant_id: TENANT_DEFAULT,
    host: { id: host?.id ?? '', name: host?.name },
    user: { name: user?.name },
    processes: [
      {
        pid: process?.pid ?? 0,
        pidversion: macos?.process?.pidversion ?? 0,
        entity_id: process?.entity_id ?? '',
        name: process?.name,
        command_line: process?.command_line,
      },
    ],
    events: [id],
    matches: [],
    group_key: host?.id ?? '',
    ...more,
  }
}

/** The incidents of these steps, each as the names of its alerts in order. */
export function incidentsOf(
  steps: Steps,
  limits: Partial<IncidentLimits> = {},
): readonly (readonly string[])[] {
  return played(steps, limits).map(({ joins }) => joins.map(({ alert_id: id }) => ruleOf(id)))
}

/** The incidents of these steps. */
export function played(
  steps: Steps,
  limits: Partial<IncidentLimits> = {},
): readonly BookedIncident[] {
  const tracker = new IncidentTracker(limits)
  const book = new IncidentBook()
  const told = new Set<string>()
  for (const event of eventsOf(steps)) {
    tracker.observe(event, alertsOf(event, told))
    book.take(tracker.takeChanges())
  }
  return book.incidents()
}

/** Name of the rule in an alert's id. */
export function ruleOf(alertId: string): string {
  return alertId.slice(0, alertId.indexOf('@'))
}
