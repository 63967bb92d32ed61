import { basename, extname } from 'node:path'
import { deriveId, type EcsEvent, TENANT_DEFAULT } from '@pomona/schema'
import {
  type BadLine,
  type EsloggerStream,
  type NetworkCounts,
  openRecording,
  type RawRecord,
  type ReaderCounts,
} from '@pomona/sensor'
import { type HostContext, type NormalizeCounts, Normalizer } from '@pomona/normalize'
import { wrongUse } from './errors.ts'
import { recordedNs, RecordedNetwork } from './recorded-network.ts'
import { printable } from './printable.ts'

/** A recorded stream and the Mac it is taken to be of. */
export interface Recording {
  readonly path: string
  readonly context: HostContext
  /** A packet capture of the same time. */
  readonly capture?: string
}

/** What became of the lines of a recording; `received = sent + discarded`. */
export interface RecordingCounts {
  readonly reader: ReaderCounts
  readonly normalizer: NormalizeCounts
  readonly network?: NetworkCounts
}

/** What was typed: the files, and the names of their Macs. */
interface RecordingNames {
  readonly paths: readonly string[]
  readonly hosts: readonly string[]
  readonly captures?: readonly string[]
}

const HOST_DEFAULT = 'recorded-mac'

/**
 * Names a host and a stream for each file. A recording does not say which Mac and boot it is of, so
 * each file is a stream and a boot of its own; equal names make equal ids, on whatever machine it
 * is replayed.
 *
 * @param hosts    None: all files are of one Mac. One: all are of that one. Else one name a file.
 * @param captures None, or one a file.
 * @throws CliError ERR_CLI_USAGE when files, names and captures do not pair up.
 */
export function recordings({ paths, hosts, captures = [] }: RecordingNames): readonly Recording[] {
  if (paths.length === 0) throw wrongUse('Name at least one recording.')
  if (hosts.length > 1 && hosts.length !== paths.length) {
    throw wrongUse(`--host was given ${hosts.length} times for ${paths.length} recordings.`)
  }
  if (captures.length > 0 && captures.length !== paths.length) {
    const given = `--network was given ${captures.length} times`
    throw wrongUse(`${given} for ${paths.length} recordings: name one capture for each.`)
  }
  const seen = new Map<string, number>()
  return paths.map((path, index) => {
    const name = hosts[index] ?? hosts[0] ?? HOST_DEFAULT
    const stem = basename(path, extname(path))
    const repeats = seen.get(stem) ?? 0
    seen.set(stem, repeats + 1)
    const capture = captures[index]
    const stream = repeats === 0 ? stem : `${stem}#${repeats + 1}`
    return {
      path,
      ...(capture !== undefined && { capture }),
      context: {
        tenantId: TENANT_DEFAULT,
        host: { id: deriveId('host', [name]), name },
        bootId: deriveId('boot', [stream]),
        sensor: 'eslogger-recording',
      },
    }
  })
}

/** A recording being read and normalised, in order; with its capture, in the order of time. */
export class RecordedEvents {
  readonly #stream: EsloggerStream
  readonly #network: RecordedNetwork | undefined
  readonly #normalizer: Normalizer

  private constructor(
    stream: EsloggerStream,
    network: RecordedNetwork | undefined,
    normalizer: Normalizer,
  ) {
    this.#stream = stream
    this.#network = network
    this.#normalizer = normalizer
  }

  /**
   * @param options.original Keep the raw record in `event.original`.
   * @throws SensorError ERR_RECORDING_UNREADABLE.
   */
  static async open(
    { path, context, capture }: Recording,
    options: { readonly original: boolean },
  ): Promise<RecordedEvents> {
    const network = capture === undefined ? undefined : await RecordedNetwork.open(capture)
    const normalizer = new Normalizer(context, { ...options, networkSensor: 'capture-recording' })
    return new RecordedEvents(await openRecording(path), network, normalizer)
  }

  /** The events in groups of what one read of the file brought. Iterate once. */
  async *batches(): AsyncGenerator<readonly EcsEvent[]> {
    const network = this.#network
    for await (const reads of this.#stream.batches()) {
      const events: EcsEvent[] = []
      for (const read of reads) {
        if (!read.ok) continue
        if (network !== undefined) await this.#networkBefore(network, read.record, events)
        const normalized = this.#normalizer.normalize(read.record)
        if (normalized.ok) events.push(normalized.event)
      }
      if (events.length > 0) yield events
    }
    if (network === undefined) return
    for (;;) {
      const events: EcsEvent[] = []
      const record = await network.next()
      if (record === undefined) return
      const normalized = this.#normalizer.network(record)
      if (normalized.ok) events.push(normalized.event)
      yield events
    }
  }

  counts(): RecordingCounts {
    const network = this.#network?.counts()
    return {
      reader: this.#stream.counts(),
      normalizer: this.#normalizer.counts,
      ...(network !== undefined && { network }),
    }
  }

  // What happened on the network before a record of the other sensor. Of the same time the record
  // comes first: an exec is told before the connections of the new program.
  async #networkBefore(
    network: RecordedNetwork,
    record: RawRecord,
    events: EcsEvent[],
  ): Promise<void> {
    const atNs = recordedNs(record.value['time'])
    if (atNs === undefined) return
    for (let found = await network.before(atNs); found; found = await network.before(atNs)) {
      const normalized = this.#normalizer.network(found)
      if (normalized.ok) events.push(normalized.event)
    }
  }

  /** The first unreadable lines, shortened. */
  samples(): readonly BadLine[] {
    return this.#stream.samples()
  }
}

/** Whether a file held lines, and none of them a record: it is something else than a recording. */
export function isUnread({ received, sent }: ReaderCounts): boolean {
  return received > 0 && sent === 0
}

/** The first unreadable lines, each with its place and reason, safe to show. */
export function unreadLines({ path }: Recording, recorded: RecordedEvents): readonly string[] {
  return recorded.samples().map(({ sequence, reason, text }) => {
    return `${path}:${sequence + 1}: ${reason}: ${printable(text, 120)}`
  })
}

/** Adds counts by reason. */
export function addCounts(
  totals: Map<string, number>,
  counts: Readonly<Record<string, number>>,
): void {
  for (const [reason, count] of Object.entries(counts)) {
    if (count > 0) totals.set(reason, (totals.get(reason) ?? 0) + count)
  }
}
