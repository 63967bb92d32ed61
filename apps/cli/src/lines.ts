import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { CliError } from './errors.ts'

/** One line of a text file, counted from 1. */
export interface Line {
  readonly number: number
  readonly text: string
}

const LINES_PER_BATCH = 1_024

/**
 * Reads a JSON-lines file in batches; `.gz` and `.zst` are decompressed. Blank lines are left out
 * but counted, so that numbers are those an editor shows.
 *
 * @throws CliError ERR_CLI_FILE while iterating, when the file cannot be read.
 */
export async function* readLines(path: string): AsyncGenerator<readonly Line[]> {
  const file = createReadStream(path)
  const stream = decompressed(path, file)
  const reader = createInterface({ input: stream, crlfDelay: Infinity })
  // readline forwards no errors; without this a missing file would end the process.
  let failure: Error | undefined
  for (const source of [file, stream]) {
    source.on('error', (error) => {
      failure ??= error
      reader.close()
    })
  }
  let number = 0
  let batch: Line[] = []
  for await (const text of reader) {
    number++
    if (text.trim() !== '') batch.push({ number, text })
    if (batch.length < LINES_PER_BATCH) continue
    yield batch
    batch = []
  }
  if (failure !== undefined) {
    throw new CliError('ERR_CLI_FILE', `Cannot read ${path}: ${failure.message}`)
  }
  if (batch.length > 0) yield batch
}

function decompressed(path: string, file: Readable): Readable {
  if (path.endsWith('.gz')) return file.pipe(createGunzip())
  return path.endsWith('.zst') ? file.pipe(createZstdDecompress()) : file
}
