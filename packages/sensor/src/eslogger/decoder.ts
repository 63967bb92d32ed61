import { type Buffer, isUtf8 } from 'node:buffer'
import { EVENT_TYPES_BY_NAME, MESSAGE_VERSIONS_KNOWN } from './event-types.ts'
import { readLine, type LineFailure, type LineRead } from './line.ts'
import { LineSplitter } from './line-splitter.ts'
import { eventName, LossCounter, type LossCounts } from './loss.ts'

/** Limits of a reader. */
export interface ReaderOptions {
  /** Longest line in bytes; longer ones are skipped and counted. Default 4 MiB. */
  readonly lineBytesMax?: number
  /** Refused lines kept as samples. Default 20. */
  readonly samplesMax?: number
  /** Characters kept of each sample. Default 256. */
  readonly sampleCharactersMax?: number
  /** Sequence of the first line; for a stream that continues another. Default 0. */
  readonly firstSequence?: number
}

/** What a reader did. Always: `received = sent + sum(discarded) + held`. */
export interface ReaderCounts {
  /** Lines begun, the unfinished one included. */
  readonly received: number
  /** Lines handed on as records. */
  readonly sent: number
  /** Lines refused, by reason. */
  readonly discarded: Readonly<Partial<Record<LineFailure, number>>>
  /** 1 while the last line is unfinished, else 0. */
  readonly held: number
  readonly bytes: number
  /** Records sent although some bytes were no UTF-8; U+FFFD stands in their place. */
  readonly utf8Replaced: number
  /** Records sent from a last line without a line break. */
  readonly unterminated: number
  /**
   * Records sent whose event type is not in the catalogue, by name as reported (at most 64 names).
   */
  readonly unknownTypes: Readonly<Record<string, number>>
  /** Records sent whose message version is not known, by version (at most 64). */
  readonly unknownVersions: Readonly<Record<string, number>>
  readonly loss: LossCounts
}

/** The beginning of a refused line, kept for the operator. */
export interface BadLine {
  readonly sequence: number
  readonly reason: LineFailure
  readonly text: string
}

const LINE_BYTES_MAX = 4 * 1024 * 1024
const SAMPLES_MAX = 20
const SAMPLE_CHARACTERS_MAX = 256
const UNKNOWN_NAMES_MAX = 64
const UNKNOWN_NAME_CHARACTERS_MAX = 64

/**
 * Turns the bytes of an eslogger stream, in pieces of any size, into records.
 *
 * Invalid UTF-8 is replaced and counted rather than refused: arguments and environment are bytes
 * of the process's choosing, and one stray byte must not hide an execution.
 */
export class EsloggerDecoder {
  readonly #lineBytesMax: number
  readonly #samplesMax: number
  readonly #sampleCharactersMax: number
  readonly #loss = new LossCounter()
  readonly #samples: BadLine[] = []
  readonly #discarded = new Map<LineFailure, number>()
  readonly #unknownTypes = new Map<string, number>()
  readonly #unknownVersions = new Map<string, number>()
  #sequence: number
  readonly #splitter: LineSplitter
  #reads: LineRead[] = []
  #finished = 0
  #ended = false
  #sent = 0
  #bytes = 0
  #utf8Replaced = 0
  #unterminated = 0

  constructor(options: ReaderOptions = {}) {
    this.#lineBytesMax = options.lineBytesMax ?? LINE_BYTES_MAX
    this.#samplesMax = options.samplesMax ?? SAMPLES_MAX
    this.#sampleCharactersMax = options.sampleCharactersMax ?? SAMPLE_CHARACTERS_MAX
    this.#sequence = options.firstSequence ?? 0
    this.#splitter = new LineSplitter(this.#lineBytesMax, {
      line: (line, unterminated) => this.#line(line, unterminated),
      tooLong: (beginning) => this.#refuse('too_long', decode(beginning)),
    })
  }

  /**
   * Takes the next bytes.
   *
   * @returns One answer for each line that ended in them.
   * @throws  Never. The bytes are copied where they are kept, so the caller may reuse its buffer.
   */
  push(chunk: Uint8Array): LineRead[] {
    this.#bytes += chunk.length
    this.#splitter.push(chunk)
    return this.#take()
  }

  /** Takes the end of the stream: a last line without a line break is read if it is whole. */
  end(): LineRead[] {
    if (this.#ended) return []
    this.#ended = true
    this.#splitter.end()
    return this.#take()
  }

  /** The counts so far. */
  counts(): ReaderCounts {
    const held = this.#splitter.isHolding ? 1 : 0
    return {
      received: this.#finished + held,
      sent: this.#sent,
      discarded: Object.fromEntries(this.#discarded),
      held,
      bytes: this.#bytes,
      utf8Replaced: this.#utf8Replaced,
      unterminated: this.#unterminated,
      unknownTypes: Object.fromEntries(this.#unknownTypes),
      unknownVersions: Object.fromEntries(this.#unknownVersions),
      loss: this.#loss.counts(),
    }
  }

  /** The first refused lines, shortened. */
  samples(): readonly BadLine[] {
    return this.#samples
  }

  #take(): LineRead[] {
    const reads = this.#reads
    this.#reads = []
    return reads
  }

  #line(line: Buffer, unterminated: boolean): void {
    const text = decode(line)
    const read = readLine(text, this.#sequence)
    if (!read.ok) {
      const reason = unterminated && read.reason === 'syntax' ? 'partial' : read.reason
      this.#refuse(reason, text)
      return
    }
    this.#finished++
    this.#sequence++
    this.#sent++
    if (unterminated) this.#unterminated++
    if (!isUtf8(line)) this.#utf8Replaced++
    this.#note(read.record.value)
    this.#reads.push(read)
  }

  #note(value: Readonly<Record<string, unknown>>): void {
    this.#loss.observe(value)
    const name = eventName(value)
    if (!EVENT_TYPES_BY_NAME.has(name)) increment(this.#unknownTypes, name)
    const version = value['version']
    if (typeof version !== 'number' || !MESSAGE_VERSIONS_KNOWN.has(version)) {
      increment(this.#unknownVersions, String(version))
    }
  }

  #refuse(reason: LineFailure, text: string): void {
    this.#finished++
    const sequence = this.#sequence++
    this.#discarded.set(reason, (this.#discarded.get(reason) ?? 0) + 1)
    if (this.#samples.length < this.#samplesMax) {
      this.#samples.push({ sequence, reason, text: text.slice(0, this.#sampleCharactersMax) })
    }
    this.#reads.push({ ok: false, sequence, reason })
  }
}

function decode(bytes: Buffer): string {
  return bytes.toString('utf8')
}

function increment(counts: Map<string, number>, key: string): void {
  const name = key.slice(0, UNKNOWN_NAME_CHARACTERS_MAX)
  const count = counts.get(name)
  if (count === undefined && counts.size >= UNKNOWN_NAMES_MAX) return
  counts.set(name, (count ?? 0) + 1)
}
