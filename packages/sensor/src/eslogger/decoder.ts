import { Buffer, isUtf8 } from 'node:buffer'
import { EVENT_TYPES_BY_NAME, MESSAGE_VERSIONS_KNOWN } from './event-types.ts'
import { readLine, type LineFailure, type LineRead } from './line.ts'
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
const LINE_FEED = 10
const CARRIAGE_RETURN = 13

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
  #pieces: Uint8Array[] = []
  #piecesBytes = 0
  #skipping = false
  #ended = false
  #received = 0
  #sent = 0
  #bytes = 0
  #utf8Replaced = 0
  #unterminated = 0

  constructor(options: ReaderOptions = {}) {
    this.#lineBytesMax = options.lineBytesMax ?? LINE_BYTES_MAX
    this.#samplesMax = options.samplesMax ?? SAMPLES_MAX
    this.#sampleCharactersMax = options.sampleCharactersMax ?? SAMPLE_CHARACTERS_MAX
    this.#sequence = options.firstSequence ?? 0
  }

  /**
   * Takes the next bytes.
   *
   * @returns One answer for each line that ended in them.
   * @throws  Never. The bytes are copied where they are kept, so the caller may reuse its buffer.
   */
  push(chunk: Uint8Array): LineRead[] {
    const reads: LineRead[] = []
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.#bytes += bytes.length
    let start = 0
    let end = bytes.indexOf(LINE_FEED)
    const valid = isUtf8(bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1))
    while (end >= 0) {
      if (this.#piecesBytes === 0 && !this.#skipping) {
        this.#line(reads, { bytes, start, end, valid })
      } else this.#lineFromPieces(reads, bytes.subarray(start, end))
      start = end + 1
      end = bytes.indexOf(LINE_FEED, start)
    }
    if (start < bytes.length) this.#hold(reads, bytes.subarray(start))
    return reads
  }

  /** Takes the end of the stream: a last line without a line break is read if it is whole. */
  end(): LineRead[] {
    const reads: LineRead[] = []
    if (this.#ended) return reads
    this.#ended = true
    if (this.#piecesBytes > 0) this.#lineFromPieces(reads, new Uint8Array(0), true)
    return reads
  }

  /** The counts so far. */
  counts(): ReaderCounts {
    return {
      received: this.#received,
      sent: this.#sent,
      discarded: Object.fromEntries(this.#discarded),
      held: this.#piecesBytes > 0 ? 1 : 0,
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

  #hold(reads: LineRead[], rest: Uint8Array): void {
    if (this.#skipping) return
    if (this.#piecesBytes === 0) this.#received++
    this.#pieces.push(Uint8Array.from(rest))
    this.#piecesBytes += rest.length
    if (this.#piecesBytes <= this.#lineBytesMax) return
    // Refused now rather than at its end, so that a line without end takes no memory.
    this.#refuse(reads, 'too_long', decode(Buffer.concat(this.#pieces).subarray(0, 1024)))
    this.#pieces = []
    this.#piecesBytes = 0
    this.#skipping = true
  }

  #lineFromPieces(reads: LineRead[], last: Uint8Array, unterminated = false): void {
    if (this.#skipping) {
      this.#skipping = false
      return
    }
    const bytes = Buffer.concat([...this.#pieces, last])
    this.#pieces = []
    this.#piecesBytes = 0
    this.#received--
    this.#line(reads, { bytes, start: 0, end: bytes.length, valid: isUtf8(bytes), unterminated })
  }

  #line(reads: LineRead[], line: LineBytes): void {
    const { bytes, start, unterminated = false } = line
    const end =
      line.end > start && bytes[line.end - 1] === CARRIAGE_RETURN ? line.end - 1 : line.end
    this.#received++
    if (end - start > this.#lineBytesMax) {
      this.#refuse(reads, 'too_long', decode(bytes.subarray(start, start + 1024)))
      return
    }
    const text = bytes.toString('utf8', start, end)
    const read = readLine(text, this.#sequence)
    if (!read.ok) {
      const reason = unterminated && read.reason === 'syntax' ? 'partial' : read.reason
      this.#refuse(reads, reason, text)
      return
    }
    this.#sequence++
    this.#sent++
    if (unterminated) this.#unterminated++
    if (!line.valid && !isUtf8(bytes.subarray(start, end))) this.#utf8Replaced++
    this.#note(read.record.value)
    reads.push(read)
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

  #refuse(reads: LineRead[], reason: LineFailure, text: string): void {
    const sequence = this.#sequence++
    this.#discarded.set(reason, (this.#discarded.get(reason) ?? 0) + 1)
    if (this.#samples.length < this.#samplesMax) {
      this.#samples.push({ sequence, reason, text: text.slice(0, this.#sampleCharactersMax) })
    }
    reads.push({ ok: false, sequence, reason })
  }
}

interface LineBytes {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** The piece this line lies in is known to be UTF-8 throughout. */
  readonly valid: boolean
  readonly unterminated?: boolean
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
