import { basename, extname } from 'node:path'
import { deriveId, type EcsEvent, TENANT_DEFAULT } from '@pomona/schema'
import { type BadLine, type EsloggerStream, openRecording, type ReaderCounts } from '@pomona/sensor'
import { type HostContext, type NormalizeCounts, Normalizer } from '@pomona/normalize'
import { wrongUse } from './errors.ts'
import { printable } from './printable.ts'

/** A recorded stream and the Mac it is taken to be of. */
export interface Recording {
  readonly path: string
  readonly context: HostContext
}

/** What became of the lines of a recording; `received = sent + discarded`. */
export interface RecordingCounts {
  readonly reader: ReaderCounts
  readonly normalizer: NormalizeCounts
}

/** What was typed: the files, and the names of their Macs. */
interface RecordingNames {
  readonly paths: readonly string[]
  readonly hosts: readonly string[]
}

const HOST_DEFAULT = 'recorded-mac'

/**
 * Names a host and a stream for each file. A recording does not say which Mac and boot it is of, so
 * each file is a stream and a boot of its own; equal names make equal ids, on whatever machine it
 * is replayed.
 *
 * @param hosts None: all files are of one Mac. One: all are of that one. Else one name a file.
 * @throws CliError ERR_CLI_USAGE when files and names do not pair up.
 */
export function recordings({ paths, hosts }: RecordingNames): readonly Recording[] {
  if (paths.length === 0) throw wrongUse('Name at least one recording.')
  if (hosts.length > 1 && hosts.length !== paths.length) {
    throw wrongUse(`--host was given ${hosts.length} times for ${paths.length} recordings.`)
  }
  const seen = new Map<string, number>()
  return paths.map((path, index) => {
    const name = hosts[index] ?? hosts[0] ?? HOST_DEFAULT
    const stem = basename(path, extname(path))
    const repeats = seen.get(stem) ?? 0
    seen.set(stem, repeats + 1)
    const stream = repeats === 0 ? stem : `${stem}#${repeats + 1}`
    return {
      path,
      context: {
        tenantId: TENANT_DEFAULT,
        host: { id: deriveId('host', [name]), name },
        bootId: deriveId('boot', [stream]),
        sensor: 'eslogger-recording',
      },
    }
  })
}

/** A recording being read and normalised, in order. */
export class RecordedEvents {
  readonly #stream: EsloggerStream
  readonly #normalizer: Normalizer

  private constructor(stream: EsloggerStream, normalizer: Normalizer) {
    this.#stream = stream
    this.#normalizer = normalizer
  }

  /**
   * @param options.original Keep the raw record in `event.original`.
   * @throws SensorError ERR_RECORDING_UNREADABLE.
   */
  static async open(
    { path, context }: Recording,
    options: { readonly original: boolean },
  ): Promise<RecordedEvents> {
    return new RecordedEvents(await openRecording(path), new Normalizer(context, options))
  }

  /** The events in groups of what one read of the file brought. Iterate once. */
  async *batches(): AsyncGenerator<readonly EcsEvent[]> {
    for await (const reads of this.#stream.batches()) {
      const events: EcsEvent[] = []
      for (const read of reads) {
        if (!read.ok) continue
        const normalized = this.#normalizer.normalize(read.record)
        if (normalized.ok) events.push(normalized.event)
      }
      if (events.length > 0) yield events
    }
  }

  counts(): RecordingCounts {
    return { reader: this.#stream.counts(), normalizer: this.#normalizer.counts }
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
