import { Buffer } from 'node:buffer'

/** Takes the lines of a stream. The bytes are only lent: they belong to the piece that came. */
export interface LineSink {
  /** A whole line without its line break; a carriage return before it is left out too. */
  line(bytes: Buffer, unterminated: boolean): void
  /** A line longer than allowed, told once, with its beginning. */
  tooLong(beginning: Buffer): void
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
/** Kept of a line that is too long, to show what it was. */
const BEGINNING_BYTES = 1_024

/**
 * Cuts a stream into lines, in pieces of any size. Holds at most one unfinished line of
 * `lineBytesMax`; of a longer one nothing more is held.
 */
export class LineSplitter {
  readonly #lineBytesMax: number
  readonly #sink: LineSink
  #pieces: Uint8Array[] = []
  #piecesBytes = 0
  #skipping = false

  constructor(lineBytesMax: number, sink: LineSink) {
    this.#lineBytesMax = lineBytesMax
    this.#sink = sink
  }

  /** Whether a line has begun that is not finished. */
  get isHolding(): boolean {
    return this.#piecesBytes > 0
  }

  /** Takes the next bytes; what is kept of them is copied. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    let end = bytes.indexOf(LINE_FEED)
    while (end >= 0) {
      if (this.#piecesBytes === 0 && !this.#skipping) this.#line(bytes.subarray(start, end))
      else this.#finish(bytes.subarray(start, end), false)
      start = end + 1
      end = bytes.indexOf(LINE_FEED, start)
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start))
  }

  /** Takes the end of the stream: what is held of a last line is given as unterminated. */
  end(): void {
    if (this.#piecesBytes > 0) this.#finish(new Uint8Array(0), true)
    this.#skipping = false
  }

  #hold(rest: Uint8Array): void {
    if (this.#skipping) return
    this.#pieces.push(Uint8Array.from(rest))
    this.#piecesBytes += rest.length
    if (this.#piecesBytes <= this.#lineBytesMax) return
    // Told now rather than at its end, so that a line without end takes no memory.
    this.#sink.tooLong(Buffer.concat(this.#pieces).subarray(0, BEGINNING_BYTES))
    this.#pieces = []
    this.#piecesBytes = 0
    this.#skipping = true
  }

  #finish(last: Uint8Array, unterminated: boolean): void {
    if (this.#skipping) {
      this.#skipping = false
      return
    }
    const bytes = Buffer.concat([...this.#pieces, last])
    this.#pieces = []
    this.#piecesBytes = 0
    this.#line(bytes, unterminated)
  }

  #line(bytes: Buffer, unterminated = false): void {
    const hasReturn = bytes.length > 0 && bytes[bytes.length - 1] === CARRIAGE_RETURN
    const line = hasReturn ? bytes.subarray(0, -1) : bytes
    if (line.length > this.#lineBytesMax) this.#sink.tooLong(line.subarray(0, BEGINNING_BYTES))
    else this.#sink.line(line, unterminated)
  }
}
