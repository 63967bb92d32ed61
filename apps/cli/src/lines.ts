import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { CliError } from './errors.ts'

/** One line of a text file, counted from 1. */
export interface Line {
  readonly number: number
  readonly text: string
}

const BLANK = /^\s*$/
const LINE_FEED = 10
const BYTE_ORDER_MARK = '\uFEFF'
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

  take(bytes: Buffer): readonly Line[] {
    const lines: Line[] = []
    let from = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
      const line = this.#lineOf(bytes, { from, end })
      from = end + 1
      if (line.startsWith('{') || !BLANK.test(line))
        lines.push({ number: this.#number, text: line })
    }
    if (from < bytes.length) this.#hold(bytes.subarray(from))
    return lines
  }

  #lineOf(bytes: Buffer, { from, end }: { readonly from: number; readonly end: number }): string {
    let text: string
    if (this.#pending.length === 0) text = bytes.toString('utf8', from, end)
    else {
      this.#hold(bytes.subarray(from, end))
      text = Buffer.concat(this.#pending).toString('utf8')
      this.#pending = []
      this.#pendingBytes = 0
    }
    if (text.length > LINE_CHARACTERS_MAX) throw this.#tooLong()
    this.#number++
    if (this.#number === 1 && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1)
    return text.endsWith('\r') ? text.slice(0, -1) : text
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
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  const unpack = unpacker(path)
  if (unpack === undefined) {
    yield* file
    return
  }
  // `pipe` hands no error on: without this a missing file would end the process.
  file.on('error', (error) => unpack.destroy(error))
  yield* file.pipe(unpack) as Readable
}

function unpacker(path: string) {
  if (path.endsWith('.gz')) return createGunzip({ chunkSize: CHUNK_BYTES })
  return path.endsWith('.zst') ? createZstdDecompress({ chunkSize: CHUNK_BYTES }) : undefined
}
