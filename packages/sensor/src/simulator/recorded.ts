import { type Glance, glance, type QuotedKey, valueAt } from '../eslogger/glance.ts'
import { openRecording } from '../recording.ts'

const LINES_MAX = 1_000_000

/**
 * The records of a recording that somebody who subscribed to these types would have seen, numbered
 * anew from 0 as eslogger numbers what it reports. Records whose head cannot be read are left out.
 *
 * @param types Names of event types.
 * @returns At most a million lines.
 * @throws SensorError as `openRecording` does.
 */
export async function recordedLines(
  path: string,
  types: ReadonlySet<string>,
): Promise<readonly string[]> {
  const lines: string[] = []
  const numbers = new Map<string, number>()
  for await (const read of await openRecording(path)) {
    const head = read.ok ? glance(read.record.text) : undefined
    if (!read.ok || head === undefined || !types.has(head.type)) continue
    if (lines.length >= LINES_MAX) break
    lines.push(numbered(read.record.text, { ...head, numbers, globalNumber: lines.length }))
  }
  return lines
}

function numbered(
  text: string,
  { type, numbers, globalNumber }: Glance & { readonly numbers: Map<string, number> },
): string {
  const number = numbers.get(type) ?? 0
  numbers.set(type, number + 1)
  const own = withNumber(text, { key: '"seq_num"', number })
  return withNumber(own, { key: '"global_seq_num"', number: globalNumber })
}

const DIGITS = /\d+/y

// The glance has found a whole number there.
function withNumber(text: string, value: { key: QuotedKey; number: number }): string {
  const at = valueAt(text, value.key)
  DIGITS.lastIndex = at
  const length = DIGITS.exec(text)?.[0].length ?? 0
  return `${text.slice(0, at)}${value.number}${text.slice(at + length)}`
}
