/** Event streams in the names of Sigma's taxonomy, as files of JSON lines. */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { EcsEvent } from '@pomona/schema'
import { simulatedEvents } from './corpus.ts'

const ROOT = join(import.meta.dirname, '..')
const SHARED = join(ROOT, '../shared/data/detection')

/** Folder of the public Sigma rules, beside the checkout. */
export const SIGMA_RULES = join(SHARED, 'sigma/rules')

/** Whether the public rules and lanes lie beside the checkout. */
export const HAS_LANES = existsSync(SIGMA_RULES)

/** A stream to run rules on. */
export interface Lane {
  readonly name: string
  /** Different events; the timed file repeats them. */
  readonly lines: readonly string[]
}

/** The lanes that rsigma publishes, and one of our own: processes of simulated Macs. */
export async function lanes(): Promise<readonly Lane[]> {
  const paths = globSync(join(SHARED, 'bench-lanes/*.ndjson.gz')).toSorted()
  const published = paths.map((path) => ({
    name: basename(path, '.ndjson.gz'),
    lines: gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n'),
  }))
  return [...published, { name: 'macos_process', lines: await macosProcessLines() }]
}

const MAC_EVENTS = 10_000
/** About one simulated event in four is an execution. */
const SIMULATED_EVENTS = 60_000

async function macosProcessLines(): Promise<readonly string[]> {
  const events = await simulatedEvents(SIMULATED_EVENTS)
  const lines = events.flatMap((event) => {
    return event.event?.action === 'exec' ? [JSON.stringify(sigmaProcess(event))] : []
  })
  if (lines.length < MAC_EVENTS) throw new Error(`only ${lines.length} executions were simulated`)
  return lines.slice(0, MAC_EVENTS)
}

// Sigma's taxonomy for macOS has these names for a process_creation event.
function sigmaProcess({ process, user }: EcsEvent): object {
  return {
    Image: process?.executable,
    CommandLine: process?.command_line,
    CurrentDirectory: process?.working_directory,
    ParentImage: process?.parent?.executable,
    ParentCommandLine: process?.parent?.command_line,
    User: user?.name,
    ProcessId: process?.pid,
    product: 'macos',
    category: 'process_creation',
  }
}

/** Writes a lane, repeated until it has so many events. */
export function writeLane({ lines }: Lane, options: { path: string; events: number }): void {
  const once = `${lines.join('\n')}\n`
  const times = Math.ceil(options.events / lines.length)
  writeFileSync(options.path, once.repeat(times))
}
