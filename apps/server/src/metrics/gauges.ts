import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { HeldCounts } from '../engine/detection.ts'
import type { MetricsRegistry } from './registry.ts'

/** Where the gauges read what they show. */
export interface GaugeSources {
  readonly engineOffset: () => number
  readonly projectorOffset: () => number
  readonly liveReaders: () => number
  readonly rulesLoaded: () => number
  readonly rulesFailed: () => number
  readonly held: () => HeldCounts
}

const NS_PER_SECOND = 1e9

/** Puts the gauges of a running server into its registry. */
export function addGauges(metrics: MetricsRegistry, sources: GaugeSources): void {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const one = (read: () => number) => () => [{ labels: {}, value: read() }]
  metrics.gauge({
    name: 'pomona_engine_offset',
    description: 'Next log offset of the engine.',
    read: one(sources.engineOffset),
  })
  metrics.gauge({
    name: 'pomona_projector_offset',
    description: 'Next log offset of the projector.',
    read: one(sources.projectorOffset),
  })
  metrics.gauge({
    name: 'pomona_live_readers',
    description: 'Consoles that get live messages.',
    read: one(sources.liveReaders),
  })
  metrics.gauge({
    name: 'pomona_rules_loaded',
    description: 'Rules in force.',
    read: one(sources.rulesLoaded),
  })
  metrics.gauge({
    name: 'pomona_rules_failed',
    description: 'Rules that do not load because of errors in them.',
    read: one(sources.rulesFailed),
  })
  addHeldGauges(metrics, sources.held)
  metrics.gauge({
    name: 'pomona_process_resident_bytes',
    description: 'Memory of the server process, without the projector.',
    read: one(() => process.memoryUsage.rss()),
  })
  metrics.gauge({
    name: 'pomona_event_loop_delay_p99_seconds',
    description: 'Delay of the event loop, 99th percentile since the start.',
    read: one(() => delay.percentile(99) / NS_PER_SECOND),
  })
}

function addHeldGauges(metrics: MetricsRegistry, held: GaugeSources['held']): void {
  const one = (read: (counts: HeldCounts) => number) => () => [{ labels: {}, value: read(held()) }]
  metrics.gauge({
    name: 'pomona_rules_held_events',
    description: 'Events that wait until they are in order.',
    read: one((counts) => counts.events),
  })
  metrics.gauge({
    name: 'pomona_rules_late_events',
    description: 'Events that came too late to be put in order, since the state began.',
    read: one((counts) => counts.late),
  })
  metrics.gauge({
    name: 'pomona_rules_open_partials',
    description: 'Open partials of sequences and keys of correlations.',
    read: one((counts) => counts.open),
  })
  metrics.gauge({
    name: 'pomona_rules_state_bytes',
    description: 'Estimated size of those.',
    read: one((counts) => counts.bytes),
  })
  metrics.gauge({
    name: 'pomona_incidents_open',
    description: 'Incidents that alerts may still join.',
    read: one((counts) => counts.incidents.open),
  })
  metrics.gauge({
    name: 'pomona_incidents_processes',
    description: 'Processes remembered to join alerts.',
    read: one((counts) => counts.incidents.processes),
  })
  metrics.gauge({
    name: 'pomona_incidents_forgotten',
    description: 'Incidents, hosts, processes, files and ties forgotten for want of room.',
    read: one((counts) => counts.incidents.forgotten),
  })
}
