/*
 * eslogger writes one JSON object a line, without blanks between its parts, the keys of every
 * object in an order of their own:
 *
 *   {…,"time":"2026-…Z",…,"seq_num":3,…,"global_seq_num":17,…,"event":{"exec":{…}},…}
 *
 * A quote inside a text is always escaped, so the seven characters `"event"` can only be a whole
 * text: the key, or an argument, or a key of somebody's entitlements. Where they stand exactly once
 * in a record they are the key, since no record is without it.
 */

/** What can be read off a line without parsing it, for certain. */
export interface Glance {
  /** Apple's name of the event type. */
  readonly type: string
  /** RFC 3339, as the record says. */
  readonly time: string
  /** `seq_num`. */
  readonly number: number
  /** `global_seq_num`. */
  readonly globalNumber: number
}

const NAME_CHARACTERS_MAX = 64
const TIME_CHARACTERS_MAX = 40
// Beyond, a number no longer is a safe integer; no stream counts so far.
const DIGITS_MAX = 15

/**
 * Reads the head of a record off its line.
 *
 * @returns `undefined` when the line does not say it in the one plain way: a parser has to look.
 * @throws  Never.
 */
export function glance(text: string): Glance | undefined {
  const event = valueAt(text, '"event"')
  if (event < 0 || !text.startsWith('{"', event)) return undefined
  const type = textFrom(text, event + 1, NAME_CHARACTERS_MAX)
  if (type === undefined || type === '') return undefined
  const time = textFrom(text, valueAt(text, '"time"'), TIME_CHARACTERS_MAX)
  if (time === undefined) return undefined
  const number = numberFrom(text, valueAt(text, '"seq_num"'))
  const globalNumber = numberFrom(text, valueAt(text, '"global_seq_num"'))
  if (number < 0 || globalNumber < 0) return undefined
  return { type, time, number, globalNumber }
}

/** A key as it stands in the text, with its quotes. */
export type QuotedKey = `"${string}"`

/**
 * Where the value of a key begins, when the key, quotes and all, stands exactly once in the line
 * and is followed by a colon; -1 otherwise.
 */
export function valueAt(text: string, key: QuotedKey): number {
  const at = text.indexOf(key)
  const after = at + key.length
  if (at < 0 || text.charCodeAt(after) !== COLON) return -1
  return text.includes(key, after) ? -1 : after + 1
}

/** The plain text that begins with its quote at `from`; undefined for one with escapes. */
function textFrom(text: string, from: number, charactersMax: number): string | undefined {
  if (from < 0 || text.charCodeAt(from) !== QUOTE) return undefined
  const end = text.indexOf('"', from + 1)
  if (end < 0 || end - from > charactersMax) return undefined
  const inner = text.slice(from + 1, end)
  return inner.includes('\\') ? undefined : inner
}

function numberFrom(text: string, from: number): number {
  if (from < 0) return -1
  let number = 0
  let at = from
  for (; at < from + DIGITS_MAX; at += 1) {
    const digit = text.charCodeAt(at) - DIGIT_0
    if (!(digit >= 0 && digit <= 9)) break
    number = number * 10 + digit
  }
  const next = text.charCodeAt(at)
  return at > from && (next === COMMA || next === BRACE_CLOSE) ? number : -1
}

const QUOTE = 34
const COMMA = 44
const DIGIT_0 = 48
const COLON = 58
const BRACE_CLOSE = 125
