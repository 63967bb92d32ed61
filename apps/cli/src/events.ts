import { CliError } from './errors.ts'
import { readLines } from './lines.ts'
import { printable } from './printable.ts'

/** Events held at once: they are put in order before anything is looked for. */
const EVENTS_MAX = 5_000_000

/**
 * Reads whole files of events: JSON objects, one a line, or one JSON array of them over any number
 * of lines. `.gz` and `.zst` are decompressed.
 *
 * @throws CliError ERR_CLI_FILE when a file cannot be read, or something in it is no JSON object.
 */
export async function readEvents(paths: readonly string[]): Promise<readonly object[]> {
  const events: object[] = []
  for (const path of paths) {
    for (const event of await readFile(path)) events.push(event)
    if (events.length > EVENTS_MAX) {
      throw new CliError('ERR_CLI_FILE', `More than ${EVENTS_MAX} events; cut the file in pieces.`)
    }
  }
  return events
}

async function readFile(path: string): Promise<readonly object[]> {
  const events: object[] = []
  const array: string[] = []
  for await (const lines of readLines(path)) {
    for (const { number, text } of lines) {
      // Only an array begins with a bracket, and then every line is part of it.
      if (array.length > 0 || (events.length === 0 && text.trimStart().startsWith('['))) {
        array.push(text)
      } else events.push(objectOf(parsed(text, `${path}:${number}`), `${path}:${number}`))
    }
  }
  if (array.length === 0) return events
  const whole = parsed(array.join('\n'), path)
  if (!Array.isArray(whole)) throw new CliError('ERR_CLI_FILE', `${path}: not a JSON array.`)
  return whole.map((event, index) => objectOf(event, `${path}: element ${index + 1}`))
}

function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new CliError('ERR_CLI_FILE', `${place}: not JSON: ${printable(said, 200)}`, { cause })
  }
}

function objectOf(value: unknown, place: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new CliError('ERR_CLI_FILE', `${place}: not a JSON object.`)
}
