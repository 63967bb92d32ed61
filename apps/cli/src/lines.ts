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
/** Longest line, in characters; the same bound as on a sensor's record. */
const LINE_CHARACTERS_MAX = 16 * 1_048_576

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
    // The decoder of TextDecoderStream takes the byte order mark away.
    const decoder = new TextDecoder('utf-8')
    for await (const chunk of decompressed(path)) {
      // Without an encoding set, a byte stream yields buffers.
      const batch = splitter.take(decoder.decode(chunk as Uint8Array, { stream: true }))
      if (batch.length > 0) yield batch
    }
    const last = splitter.take(`${decoder.decode()}\n`)
    if (last.length > 0) yield last
  } catch (cause) {
    if (cause instanceof CliError || !isOfTheWorld(cause)) throw cause
    throw new CliError('ERR_CLI_FILE', `Cannot read ${path}: ${cause.message}`, { cause })
  }
}

/** Cuts text that comes in pieces into lines. */
class Splitter {
  readonly #path: string
  #number = 0
  #pending: string[] = []
  #pendingCharacters = 0

  constructor(path: string) {
    this.#path = path
  }

  take(text: string): readonly Line[] {
    const lines: Line[] = []
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#hold(text.slice(from, end))
      from = end + 1
      const line = this.#pending.join('').replace(/\r$/, '')
      this.#number++
      this.#pending = []
      this.#pendingCharacters = 0
      if (!BLANK.test(line)) lines.push({ number: this.#number, text: line })
    }
    this.#hold(text.slice(from))
    return lines
  }

  #hold(text: string): void {
    this.#pending.push(text)
    this.#pendingCharacters += text.length
    if (this.#pendingCharacters <= LINE_CHARACTERS_MAX) return
    const place = `${this.#path}:${this.#number + 1}`
    const message = `${place}: the line is longer than ${LINE_CHARACTERS_MAX} characters.`
    throw new CliError('ERR_CLI_FILE', message)
  }
}

function isOfTheWorld(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

async function* decompressed(path: string): AsyncGenerator {
  const file = createReadStream(path)
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
  if (path.endsWith('.gz')) return createGunzip()
  return path.endsWith('.zst') ? createZstdDecompress() : undefined
}
