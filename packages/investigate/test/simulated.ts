import { join } from 'node:path'
import { Normalizer } from '@pomona/normalize'
import { type EcsEvent, TENANT_DEFAULT } from '@pomona/schema'
import { HOST_DEFAULT, loadScenarios, readLine, simulate } from '@pomona/sensor'
import { ROOT } from './shipped.ts'

/** What to play on one simulated Mac: every shipped attack, with every benign profile around. */
export interface Simulated {
  readonly seed: string
  readonly eventsMax: number
  /** Default `mac-1`. */
  readonly host?: string
}

/** Normalised events of a simulated Mac, in the order its sensor told them. */
export async function simulatedEvents(play: Simulated): Promise<readonly EcsEvent[]> {
  const { seed, eventsMax, host = 'mac-1' } = play
  const kinds = ['attacks', 'benign'] as const
  const [attacks, benign] = await Promise.all(
    kinds.map(async (kind) => await loadScenarios(join(ROOT, 'content/scenarios', kind))),
  )
  const normalizer = new Normalizer(
    {
      tenantId: TENANT_DEFAULT,
      host: { id: host, name: HOST_DEFAULT.name, os_version: HOST_DEFAULT.osVersion },
      bootId: `boot of ${host}`,
      sensor: 'eslogger',
    },
    { original: false },
  )
  const lines = simulate({
    seed: `${seed} ${host}`,
    scenarios: attacks?.scenarios ?? [],
    background: benign?.scenarios ?? [],
    eventsMax,
  })
  const events: EcsEvent[] = []
  let sequence = 0
  for (const line of lines) {
    const read = readLine(line, sequence)
    sequence += 1
    const normalized = read.ok ? normalizer.normalize(read.record) : undefined
    if (normalized?.ok !== true) throw new Error(`line ${sequence} of the simulation is bad`)
    events.push(normalized.event)
  }
  return events
}
