import type { RawRecord } from '../eslogger/line.ts'
import { eventName } from '../eslogger/loss.ts'
import { redactArguments, redactEnvironment } from './arguments.ts'

type JsonObject = { [key: string]: unknown }

/** A list of arguments or variables in the body of an event, and how it is redacted. */
interface SecretList {
  readonly key: string
  readonly redact: (texts: readonly string[]) => readonly string[]
}

const LISTS: Readonly<Record<string, readonly SecretList[]>> = {
  exec: [
    { key: 'args', redact: redactArguments },
    { key: 'env', redact: redactEnvironment },
  ],
  su: [
    { key: 'argv', redact: redactArguments },
    { key: 'env', redact: redactEnvironment },
  ],
}

/** A record without its secrets. */
export interface RedactedRecord {
  readonly record: RawRecord
  /** Texts that were changed. */
  readonly redactions: number
}

/**
 * Blanks out secrets in the arguments and environment of a record, in its value and in its text
 * alike, before it is kept anywhere.
 *
 * @returns The same record when there is none. A record whose text cannot be brought in line with
 *          its value gets the value's text, so that nothing is kept that was blanked out.
 */
export function redactRecord(record: RawRecord): RedactedRecord {
  const name = eventName(record.value)
  const lists = Object.hasOwn(LISTS, name) ? LISTS[name] : undefined
  if (lists === undefined) return { record, redactions: 0 }
  const event = objectAt(record.value, 'event')
  const body = event === undefined ? undefined : objectAt(event, name)
  if (event === undefined || body === undefined) return { record, redactions: 0 }
  let redactions = 0
  let text: string | undefined = record.text
  const changed: JsonObject = {}
  for (const { key, redact } of lists) {
    const before = textsAt(body, key)
    const after = before === undefined ? undefined : redact(before)
    if (before === undefined || after === undefined || before === after) continue
    changed[key] = after
    redactions += after.filter((one, index) => one !== before[index]).length
    text = text === undefined ? undefined : rewritten(text, { key, before, after })
  }
  if (redactions === 0) return { record, redactions }
  const value = { ...record.value, event: { ...event, [name]: { ...body, ...changed } } }
  return { record: { ...record, value, text: text ?? JSON.stringify(value) }, redactions }
}

function objectAt(holder: object, key: string): JsonObject | undefined {
  const value: unknown = Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as JsonObject) : undefined // Checked just before.
}

function textsAt(body: JsonObject, key: string): readonly string[] | undefined {
  const list = Object.hasOwn(body, key) ? body[key] : undefined
  if (!Array.isArray(list)) return undefined
  const texts = list.filter((one): one is string => typeof one === 'string')
  return texts.length === list.length ? texts : undefined
}

const STRING = /"(?:[^"\\]|\\.)*"/y

/**
 * Writes a list anew where it stands in the text: the one array under its key that holds exactly
 * what the value holds.
 */
function rewritten(
  text: string,
  list: {
    readonly key: string
    readonly before: readonly string[]
    readonly after: readonly string[]
  },
): string | undefined {
  const mark = `"${list.key}":[`
  let done: string | undefined
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
    const begin = at + mark.length
    const end = endOfList(text, begin, list.before)
    if (end === undefined) continue
    // Twice the same list is not what eslogger writes; the value's own text is safe.
    if (done !== undefined) return undefined
    const written = list.after.map((one) => JSON.stringify(one)).join(',')
    done = text.slice(0, begin) + written + text.slice(end)
  }
  return done
}

/** Where the array ends that begins here and holds these texts; undefined when it holds others. */
function endOfList(text: string, begin: number, texts: readonly string[]): number | undefined {
  let at = begin
  for (const [index, expected] of texts.entries()) {
    if (index > 0) {
      if (text[at] !== ',') return undefined
      at += 1
    }
    STRING.lastIndex = at
    const token = STRING.exec(text)?.[0]
    if (token === undefined || JSON.parse(token) !== expected) return undefined
    at += token.length
  }
  return text[at] === ']' ? at : undefined
}
