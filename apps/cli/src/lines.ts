import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { CliError } from './errors.ts'

/** One line of a text file, counted from 1. */
export interface Line {
  readonly number: number
  readonly text: string
}

interface Span {
  readonly from: number
  /** Index of the line feed. */
  readonly end: number
}

/** The same, not decoded. */
export interface LineBytes {
  readonly number: number
  /** The line stands in these, from its first byte up to, not including, `to`. */
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
}

const BLANK = /^\s*$/
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const BRACE = 0x7b
const BYTE_ORDER_MARK = Buffer.from('\uFEFF')
/** Longest line, in characters; the same bound as on a sensor's record. */
const LINE_CHARACTERS_MAX = 16 * 1_048_576
/** A character is at most three bytes of UTF-8; with more, a line is too long whatever it holds. */
const LINE_BYTES_MAX = LINE_CHARACTERS_MAX * 3
/** Read at once. Smaller pieces cost a turn of the event loop each. */
const CHUNK_BYTES = 256 * 1_024

/**
 * Reads a JSON-lines file in batches; `.gz` and `.zst` are decompressed. Blank lines are left out
 * but counted, so that numbers are those an editor shows. Only a line feed, with or without a
 * carriage return before it, ends a line: JSON allows every other line separator of Unicode
 * inside a text. A byte order mark is no part of the first line.
 *
 * @throws CliError ERR_CLI_FILE while iterating, when the file cannot be read to its end or a line
 *         is longer than 16 Mi characters.
 */
export async function* readLines(path: string): AsyncGenerator<readonly Line[]> {
  for await (const batch of readLineBytes(path)) {
    yield batch.map((line) => ({ number: line.number, text: lineText(line) }))
  }
}

/** As {@link readLines}, the lines not decoded; they are good until the next batch. */
export async function* readLineBytes(path: string): AsyncGenerator<readonly LineBytes[]> {
  const splitter = new Splitter(path)
  try {
    for await (const chunk of decompressed(path)) {
      // Without an encoding set, a byte stream yields buffers.
      const batch = splitter.take(chunk as Buffer)
      if (batch.length > 0) yield batch
    }
    const last = splitter.take(Buffer.of(LINE_FEED))
    if (last.length > 0) yield last
  } catch (cause) {
    if (cause instanceof CliError || !isOfTheWorld(cause)) throw cause
    throw new CliError('ERR_CLI_FILE', `Cannot read ${path}: ${cause.message}`, { cause })
  }
}

/** The text of a line. */
export function lineText({ bytes, from, to }: LineBytes): string {
  return bytes.toString('utf8', from, to)
}

/**
 * Cuts bytes that come in pieces into lines. A line feed is never part of another character's
 * bytes, so each line is decoded on its own: one with other letters does not slow the rest.
 */
class Splitter {
  readonly #path: string
  #number = 0
  #pending: Buffer[] = []
  #pendingBytes = 0

  constructor(path: string) {
    this.#path = path
  }

  take(bytes: Buffer): readonly LineBytes[] {
    const lines: LineBytes[] = []
    let from = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
      const line = this.#lineOf(bytes, { from, end })
      from = end + 1
      if (line.bytes[line.from] === BRACE || !BLANK.test(lineText(line))) lines.push(line)
    }
    // A copy, because what comes next may stand in the same place.
    if (from < bytes.length) this.#hold(Buffer.from(bytes.subarray(from)))
    return lines
  }

  #lineOf(bytes: Buffer, { from, end }: Span): LineBytes {
    if (this.#pending.length === 0) return this.#lineIn(bytes, { from, end })
    this.#hold(bytes.subarray(from, end))
    const whole = Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    return this.#lineIn(whole, { from: 0, end: whole.length })
  }

  #lineIn(bytes: Buffer, { from, end }: Span): LineBytes {
    const number = this.#number + 1
    const hasMark = number === 1 && bytes.subarray(from, from + 3).equals(BYTE_ORDER_MARK)
    const start = hasMark ? from + BYTE_ORDER_MARK.length : from
    const hasReturn = end > start && bytes[end - 1] === CARRIAGE_RETURN
    const line = { number, bytes, from: start, to: hasReturn ? end - 1 : end }
    // Only decoding tells how many characters these are.
    const isLong = end - from > LINE_CHARACTERS_MAX
    if (isLong && lineText(line).length > LINE_CHARACTERS_MAX) throw this.#tooLong()
    this.#number = number
    return line
  }

  #hold(bytes: Buffer): void {
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#pendingBytes > LINE_BYTES_MAX) throw this.#tooLong()
  }

  #tooLong(): CliError {
    const place = `${this.#path}:${this.#number + 1}`
    const message = `${place}: the line is longer than ${LINE_CHARACTERS_MAX} characters.`
    return new CliError('ERR_CLI_FILE', message)
  }
}

function isOfTheWorld(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

async function* decompressed(path: string): AsyncGenerator {
  const unpack = unpacker(path)
  if (unpack === undefined) {
    yield* plain(path)
    return
  }
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  // `pipe` hands no error on: without this a missing file would end the process.
  file.on('error', (error) => unpack.destroy(error))
  yield* file.pipe(unpack) as Readable
}

/** Gives the same buffer each time: new ones would have to be collected. */
async function* plain(path: string): AsyncGenerator<Buffer> {
  const file = await open(path)
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

function unpacker(path: string) {
  if (path.endsWith('.gz')) return createGunzip({ chunkSize: CHUNK_BYTES })
  return path.endsWith('.zst') ? createZstdDecompress({ chunkSize: CHUNK_BYTES }) : undefined
}
