/** Simulated Macs whose deliveries a test controls one by one. */
import { join } from 'node:path'
import { Normalizer } from '@pomona/normalize'
import {
  type BootId,
  deriveId,
  type EcsEvent,
  type HostId,
  streamId,
  TENANT_DEFAULT,
} from '@pomona/schema'
import { loadScenarios, readLine, simulate } from '@pomona/sensor'
import { ROOT } from '../source-tree.ts'

/** All simulated Macs of the tests have been started once. */
export const BOOT_ID = 'boot-1' as BootId

/** What an agent has to deliver, and the ids of its events. */
export interface Delivery {
  readonly streamId: string
  readonly run: string
  readonly items: readonly { readonly sequence: number; readonly text: string }[]
  readonly eventIds: readonly string[]
}

export interface MacOptions {
  readonly name: string
  readonly seed: string
  /** Events of the whole recording. */
  readonly events: number
  /** Events in one delivery. */
  readonly batch: number
  /** Attack scenarios played in it, by id. */
  readonly attacks: readonly string[]
}

/** Records a simulated Mac at work and under attack, and cuts the recording into deliveries. */
export async function deliveriesOf(options: MacOptions): Promise<readonly Delivery[]> {
  const attacks = await loadScenarios(join(ROOT, 'content/scenarios/attacks'))
  const benign = await loadScenarios(join(ROOT, 'content/scenarios/benign'))
  const lines = simulate({
    host: { name: options.name, osVersion: '15.6', users: [{ name: 'maya', uid: 501 }] },
    seed: options.seed,
    scenarios: attacks.scenarios.filter(({ id }) => options.attacks.includes(id)),
    background: benign.scenarios,
    eventsMax: options.events,
  })
  const events = normalized(lines, options.name)
  const deliveries: Delivery[] = []
  for (let from = 0; from < events.length; from += options.batch) {
    deliveries.push(delivery(options.name, events.slice(from, from + options.batch)))
  }
  return deliveries
}

/** What hostile programs call themselves and their arguments. */
export const HOSTILE_TEXTS: readonly string[] = [
  '<img src=x onerror="globalThis.pwned=1">',
  '<script>globalThis.pwned=1</script>',
  '"><svg/onload=globalThis.pwned=1>',
  'javascript:globalThis.pwned=1',
  '{{constructor.constructor("globalThis.pwned=1")()}}',
  '\u202Etxt.exe\u0000\u0007\u001b]0;owned\u0007',
]

/**
 * A delivery that raises an alert and carries the hostile texts wherever a program can put text.
 */
export async function hostileDelivery(name: string): Promise<Delivery> {
  const attacks = await loadScenarios(join(ROOT, 'content/scenarios/attacks'))
  const host = { name, osVersion: '15.6', users: [{ name: 'maya', uid: 501 }] }
  const scenarios = attacks.scenarios.filter(({ id }) => id === 'applescript-infostealer')
  const text = JSON.stringify(HOSTILE_TEXTS.join(' ')).slice(1, -1)
  const lines = [...simulate({ host, seed: 'hostile', scenarios })].map((line) =>
    line.includes('dscl') ? line.replace(/"args":\["dscl",/, `"args":["dscl","${text}",`) : line,
  )
  return delivery(name, normalized(lines, name))
}

interface Sequenced {
  readonly sequence: number
  readonly event: EcsEvent
}

/** The hardware UUID of a simulated Mac. */
export function hardwareUuidOf(name: string): string {
  const hex = deriveId('hardware', [name])
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`]
    .concat(hex.slice(20))
    .join('-')
}

/** The id that a server gives a simulated Mac when it enrols. */
export function hostIdOf(name: string): HostId {
  // As the server derives it; whoever delivers for the Mac finds out whether it does.
  return deriveId('host', [TENANT_DEFAULT, hardwareUuidOf(name)]) as HostId
}

function identityOf(name: string) {
  return {
    tenantId: TENANT_DEFAULT,
    hostId: hostIdOf(name),
    bootId: BOOT_ID,
    sensor: 'eslogger',
  }
}

function normalized(lines: Iterable<string>, name: string): Sequenced[] {
  const { tenantId, hostId, bootId, sensor } = identityOf(name)
  const normalizer = new Normalizer({ tenantId, host: { id: hostId, name }, bootId, sensor })
  const events: Sequenced[] = []
  let sequence = 0
  for (const line of lines) {
    const read = readLine(line, sequence)
    if (!read.ok) throw new Error(`the simulator wrote an unreadable line: ${read.reason}`)
    const result = normalizer.normalize(read.record)
    if (!result.ok) throw new Error(`the simulator wrote an unusable record: ${result.reason}`)
    events.push({ sequence, event: result.event })
    sequence += 1
  }
  return events
}

function delivery(name: string, events: readonly Sequenced[]): Delivery {
  return {
    streamId: streamId(identityOf(name)),
    run: identityOf(name).sensor,
    items: events.map(({ sequence, event }) => ({ sequence, text: JSON.stringify(event) })),
    eventIds: events.map(({ event }) => event.event?.id ?? ''),
  }
}
