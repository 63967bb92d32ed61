import { formatTime, type TimeNs } from '@pomona/schema'
import { LineSplitter } from '../eslogger/line-splitter.ts'
import { type LogLineFailure, readLogLine, type UnifiedLogRecord } from './record.ts'
import { TccRequests } from './tcc-requests.ts'

/**
 * Why a record is left out: half of a pair that is told as one, a question of what an answer would
 * be, or a form that says nothing here.
 */
export type LogSkip = 'joined' | 'preflight' | 'form_unknown'

/** What came of a line: a record, or why there is none. */
export type LogRead =
  | { readonly kind: 'record'; readonly record: UnifiedLogRecord; readonly bytes: number }
  | { readonly kind: 'filtered'; readonly reason: LogSkip }
  | { readonly kind: 'refused'; readonly reason: LogLineFailure }
  /** The lines that every stream has besides its records; they are no records. */
  | { readonly kind: 'frame' }

/** Longest line in bytes; the log itself cuts messages at 32 KiB. */
const LINE_BYTES_MAX = 256 * 1024

// Their other messages are too many and say nothing that is used.
const SPOKEN_FOR: ReadonlySet<string> = new Set(['tccd', 'syspolicyd', 'mDNSResponder'])

/** Turns the bytes of `log stream --style ndjson`, in pieces of any size, into records. */
export class LogDecoder {
  readonly #splitter: LineSplitter
  readonly #requests = new TccRequests()
  #reads: LogRead[] = []
  #created = ''

  constructor(lineBytesMax = LINE_BYTES_MAX) {
    this.#splitter = new LineSplitter(lineBytesMax, {
      line: (bytes, unterminated) => {
        this.#line(bytes.toString('utf8'), { bytes: bytes.length, unterminated })
      },
      tooLong: () => this.#reads.push({ kind: 'refused', reason: 'too_long' }),
    })
  }

  /** Whether a line has begun that is not finished. */
  get isHolding(): boolean {
    return this.#splitter.isHolding
  }

  /** Takes bytes that came at a time; answers once for each line that ended. */
  push(bytes: Uint8Array, atNs: TimeNs): readonly LogRead[] {
    this.#created = formatTime(atNs)
    this.#splitter.push(bytes)
    return this.#take()
  }

  /** Takes the end of the stream. */
  end(): readonly LogRead[] {
    this.#splitter.end()
    return this.#take()
  }

  #take(): readonly LogRead[] {
    const reads = this.#reads
    this.#reads = []
    return reads
  }

  #line(text: string, line: { readonly bytes: number; readonly unterminated: boolean }): void {
    const read = readLogLine(text, 0)
    if (read.ok) this.#record(read.record, line.bytes)
    else if (read.reason === 'banner' || read.reason === 'trailer') {
      this.#reads.push({ kind: 'frame' })
    } else {
      const isCut = line.unterminated && read.reason === 'syntax'
      this.#reads.push({ kind: 'refused', reason: isCut ? 'partial' : read.reason })
    }
  }

  #record(record: UnifiedLogRecord, bytes: number): void {
    const { statement } = record
    const filtered = (reason: LogSkip) => this.#reads.push({ kind: 'filtered', reason })
    if (statement?.kind === 'tcc_context') {
      this.#requests.ask(statement, record)
      filtered('joined')
      return
    }
    if (statement?.kind === 'tcc_result') {
      const request = this.#requests.answer(statement, record)
      if (request.isPreflight) filtered('preflight')
      else this.#send({ ...record, statement: request }, bytes)
      return
    }
    const program = record.process.path.slice(record.process.path.lastIndexOf('/') + 1)
    if (statement === undefined && SPOKEN_FOR.has(program)) filtered('form_unknown')
    else this.#send(record, bytes)
  }

  #send(record: UnifiedLogRecord, bytes: number): void {
    const created = this.#created
    this.#reads.push({ kind: 'record', record: { ...record, created }, bytes })
  }
}
