/** Mutes drawn from what scenarios do, and what rules find without what they leave out. */
import { Detector } from '@pomona/detect'
import { Normalizer } from '@pomona/normalize'
import type { Rule } from '@pomona/rules'
import { type Mute, TENANT_DEFAULT } from '@pomona/schema'
import {
  eventName,
  HOST_DEFAULT,
  policyFilter,
  type RawRecord,
  readLine,
  type Scenario,
  simulate,
} from '@pomona/sensor'

/** Draws from a seed. */
export class Draws {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1
  }

  /** A whole number below a bound. */
  below(bound: number): number {
    // xorshift32
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % bound
  }

  /** One of several. @throws RangeError when there is none. */
  one<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)]
    if (value === undefined) throw new RangeError('There is nothing to draw from.')
    return value
  }
}

/** The records of a scenario, played on one Mac. */
export function recordsOf(scenario: Scenario, seed: string): readonly RawRecord[] {
  const records: RawRecord[] = []
  for (const line of simulate({ scenarios: [scenario], seed, host: HOST_DEFAULT })) {
    const read = readLine(line, records.length)
    if (read.ok) records.push(read.record)
  }
  return records
}

/** How often each rule fires on what mutes leave of records, by id. */
export function firings(
  rules: readonly Rule[],
  records: readonly RawRecord[],
  mutes: readonly Mute[],
): ReadonlyMap<string, number> {
  const filter = policyFilter({ mutes, unmodifiedCloses: true })
  const normalizer = new Normalizer({
    ...{ tenantId: TENANT_DEFAULT, bootId: 'boot-1', sensor: 'eslogger' },
    host: { id: 'mac-1', name: HOST_DEFAULT.name, os_version: HOST_DEFAULT.osVersion },
  })
  const detector = new Detector(rules)
  const counts = new Map<string, number>()
  const count = (alerts: readonly { readonly rule_id: string }[]): void => {
    for (const { rule_id: id } of alerts) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  for (const record of records) {
    if (filter.ofRecord(record.value) !== undefined) continue
    const normalized = normalizer.normalize(record)
    if (normalized.ok) count(detector.process(normalized.event))
  }
  count(detector.settle())
  return counts
}

function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  let inner = value
  for (const key of keys) {
    if (typeof inner !== 'object' || inner === null) return undefined
    inner = Reflect.get(inner, key)
  }
  return typeof inner === 'string' ? inner : undefined
}

function pathOf({ value }: RawRecord): string | undefined {
  const event = Reflect.get(value, 'event')
  const type = eventName(value)
  return (
    textAt(event, type, 'target', 'path') ??
    textAt(event, type, 'source', 'path') ??
    textAt(event, type, 'destination', 'existing_file', 'path')
  )
}

/** The text whole, or a beginning of it at a slash or anywhere. */
function patternOf(draws: Draws, text: string): string {
  const kind = draws.below(3)
  if (kind === 0) return text
  const cut = kind === 1 ? text.lastIndexOf('/', draws.below(text.length)) + 1 : 0
  return `${text.slice(0, cut > 0 ? cut : 1 + draws.below(text.length))}*`
}

/** A mute of something that is in the records, mostly of what is done to files. */
export function mutesFrom(draws: Draws, all: readonly RawRecord[]): Mute {
  // A mute of starts and ends takes something from every rule: mostly others tell more.
  const aboutFiles = all.filter((record) => pathOf(record) !== undefined)
  const records = draws.below(6) === 0 ? all : aboutFiles
  const record = draws.one(records)
  const type = eventName(record.value)
  const path = pathOf(record)
  const program = textAt(record.value, 'process', 'executable', 'path')
  const others = Array.from({ length: draws.below(4) }, () => eventName(draws.one(records).value))
  const kind = draws.below(4)
  return {
    reason: 'drawn',
    types: [...new Set([type, ...others])],
    ...(kind !== 0 && program !== undefined && { programs: [patternOf(draws, program)] }),
    ...(kind !== 1 && path !== undefined && { paths: [patternOf(draws, path)] }),
  }
}
