import { ALERT_DISCARD_REASONS, type DetectorCounts, type ExceptedAlert } from '@pomona/detect'
import type { RuleSet } from '@pomona/rules'
import { type Alert, type Clock, type EcsEvent, type Incident, SEVERITIES } from '@pomona/schema'
import type { NetworkCounts } from '@pomona/sensor'
import { printable } from './printable.ts'
import { addCounts, isUnread, type Recording, type RecordingCounts } from './recording.ts'

const NS_PER_S = 1e9

/** An exception, and how many alerts it kept from being told. */
type ExceptedCount = ExceptedAlert['exception'] & { alerts: number }

/**
 * What a replay did, over all files: received = events + the sum of discarded; matches = alerts +
 * the sum of alerts discarded.
 */
export class ReplaySummary {
  /** Files that could not be read, or not to their end. */
  readonly failures: string[] = []
  /** Of captures: packets = observed + the sum of skipped. */
  readonly #network = { packets: 0, observed: 0, records: 0, lost: 0 }
  readonly #skipped = new Map<string, number>()
  readonly #rules: RuleSet['counts']
  readonly #clock: Clock
  readonly #startNs: bigint
  readonly #bySeverity = new Map<string, number>()
  readonly #incidentsBySeverity = new Map<string, number>()
  readonly #byRule = new Map<string, number>()
  readonly #byType = new Map<string, number>()
  readonly #discarded = new Map<string, number>()
  readonly #alertsDiscarded = new Map<string, number>()
  readonly #excepted = new Map<string, ExceptedCount>()
  readonly #gapsByType = new Map<string, number>()
  readonly #unknownTypes = new Map<string, number>()
  readonly #unknownVersions = new Map<string, number>()
  #files = 0
  #received = 0
  #events = 0
  #alerts = 0
  #incidents = 0
  #gaps = 0

  constructor(options: { readonly rules: RuleSet['counts']; readonly clock: Clock }) {
    this.#rules = options.rules
    this.#clock = options.clock
    this.#startNs = options.clock.monotonicNs()
    for (const severity of SEVERITIES) {
      this.#bySeverity.set(severity, 0)
      this.#incidentsBySeverity.set(severity, 0)
    }
  }

  /** Counts a normalised event. */
  event({ event }: EcsEvent): void {
    const type = event?.action ?? 'unknown'
    this.#events++
    this.#byType.set(type, (this.#byType.get(type) ?? 0) + 1)
  }

  alert({ severity, rule_id: ruleId }: Alert): void {
    this.#alerts++
    addCounts(this.#bySeverity, { [severity]: 1 })
    addCounts(this.#byRule, { [ruleId]: 1 })
  }

  /** Counts alerts that exceptions keep from being told, by exception. */
  excepted(found: readonly ExceptedAlert[]): void {
    for (const { exception } of found) {
      const counted = this.#excepted.get(exception.id)
      if (counted === undefined) this.#excepted.set(exception.id, { ...exception, alerts: 1 })
      else counted.alerts++
    }
  }

  incident({ severity }: Incident): void {
    this.#incidents++
    addCounts(this.#incidentsBySeverity, { [severity]: 1 })
  }

  /** Adds the counts of a file that was read; one without a readable line is a failure. */
  recording({ path, capture }: Recording, counts: RecordingCounts): void {
    const { reader, normalizer, network } = counts
    this.#files++
    this.#received += reader.received
    if (network !== undefined) this.#addNetwork(capture ?? '', network)
    this.#gaps += reader.loss.missing
    addCounts(this.#discarded, reader.discarded)
    addCounts(this.#discarded, normalizer.discarded)
    addCounts(this.#gapsByType, reader.loss.missingByType)
    addCounts(this.#unknownTypes, reader.unknownTypes)
    addCounts(this.#unknownVersions, reader.unknownVersions)
    if (isUnread(reader)) this.failures.push(`${path} holds no eslogger record.`)
  }

  #addNetwork(capture: string, counts: NetworkCounts): void {
    const { packets, skipped, observed, records } = counts
    const network = this.#network
    for (const count of Object.values(records)) {
      this.#received += count
      network.records += count
    }
    network.packets += packets.received
    network.observed += observed
    network.lost += packets.loss.packets
    addCounts(this.#skipped, packets.discarded)
    addCounts(this.#skipped, skipped)
    if (packets.held > 0) addCounts(this.#skipped, { partial: packets.held })
    if (packets.broken === undefined) return
    const rest = `${packets.bytesUnread} bytes were not read`
    this.failures.push(`${capture}: ${packets.broken}; ${rest}.`)
  }

  /** Adds events that were normalised but not evaluated, and matches that became no alert. */
  detection({ discarded, alertsDiscarded }: DetectorCounts): void {
    addCounts(this.#discarded, discarded)
    for (const count of Object.values(discarded)) this.#events -= count
    for (const reason of ALERT_DISCARD_REASONS) {
      const count = alertsDiscarded[reason]
      this.#alertsDiscarded.set(reason, (this.#alertsDiscarded.get(reason) ?? 0) + count)
    }
  }

  /** The last line of `--json`. */
  document() {
    const seconds = Number(this.#clock.monotonicNs() - this.#startNs) / NS_PER_S
    return {
      kind: 'summary',
      files: this.#files,
      received: this.#received,
      events: this.#events,
      discarded: Object.fromEntries(this.#discarded),
      ...(this.#network.packets > 0 && {
        network: { ...this.#network, skipped: Object.fromEntries(this.#skipped) },
      }),
      gaps: this.#gaps,
      gaps_by_type: Object.fromEntries(this.#gapsByType),
      unknown_types: Object.fromEntries(this.#unknownTypes),
      unknown_versions: Object.fromEntries(this.#unknownVersions),
      alerts: this.#alerts,
      alerts_discarded: Object.fromEntries(this.#alertsDiscarded),
      excepted: [...this.#excepted.values()],
      incidents: this.#incidents,
      incidents_by_severity: Object.fromEntries(this.#incidentsBySeverity),
      alerts_by_severity: Object.fromEntries(this.#bySeverity),
      alerts_by_rule: Object.fromEntries(this.#byRule),
      events_by_type: Object.fromEntries(this.#byType),
      rules: this.#rules,
      failures: this.failures,
      seconds: Math.round(seconds * 1_000) / 1_000,
      events_per_second: seconds > 0 ? Math.round(this.#events / seconds) : 0,
    }
  }

  #networkText(): readonly string[] {
    const { packets, records, lost } = this.#network
    if (packets === 0) return []
    const skipped = [...this.#skipped].map(([reason, count]) => `${count} ${reason}`)
    const rest = skipped.length > 0 ? `; not looked into: ${skipped.join(', ')}` : ''
    return [`${packets} packets, ${lost} lost, ${records} records of them${rest}`]
  }

  /** The same for people. */
  text(): string {
    const { received, events, gaps, alerts, seconds, events_per_second: rate } = this.document()
    const reasons = [...this.#discarded].map(([reason, count]) => `${count} ${reason}`)
    const severities = [...this.#bySeverity].filter(([, count]) => count > 0)
    const found = severities.map(([severity, count]) => `${count} ${severity}`).toReversed()
    const untold = [...this.#alertsDiscarded].filter(([, count]) => count > 0)
    const repeats = untold.map(([reason, count]) => `; ${count} ${reason}`).join('')
    return [
      '',
      `${alerts} alerts${found.length > 0 ? `: ${found.join(', ')}` : ''}${repeats}`,
      ...[...this.#excepted.values()].map(exceptedText),
      `${this.#incidents} incidents`,
      `${received} lines, ${events} events${reasons.length > 0 ? `; discarded: ${reasons.join(', ')}` : ''}`,
      ...this.#networkText(),
      `${gaps} events missing by gaps in the sequence numbers`,
      `${this.#rules.loaded} rules, ${seconds} s, ${rate} events/s`,
      ...this.failures.map((failure) => `FAILED: ${failure}`),
    ].join('\n')
  }
}

function exceptedText({ alerts, name, owner, reason }: ExceptedCount): string {
  const who = `${printable(name, 100)} (${printable(owner, 100)})`
  return `${alerts} not told by the exception ${who}: ${printable(reason, 200)}`
}
