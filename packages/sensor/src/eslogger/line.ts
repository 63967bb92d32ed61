/**
 * One parsed Endpoint Security message, exactly as its JSON says, except that whole numbers beyond
 * 2^53 are decimal strings with all their digits (`st_ino` on the sealed system volume, for one).
 * `audit_token` is left as it came: an object or an array of eight numbers, depending on the build
 * of macOS and not on `version`.
 */
export type EsMessage = Readonly<Record<string, unknown>>

/** One readable line of a stream. */
export interface RawRecord {
  /** 0-based ordinal of the line in its stream; unreadable lines take one too. */
  readonly sequence: number
  /** The line without its line break. */
  readonly text: string
  readonly value: EsMessage
  /** When it was read, RFC 3339 with nine digits, where somebody looked at the clock. */
  readonly created?: string
}

/** Why a line could not be read. `partial` is a last line that ends in the middle of its record. */
export type LineFailure =
  | 'blank'
  | 'too_long'
  | 'too_deep'
  | 'syntax'
  | 'partial'
  | 'not_object'
  | 'not_event'

/** A record, or the reason why the line holds none. */
export type LineRead =
  | { readonly ok: true; readonly record: RawRecord }
  | { readonly ok: false; readonly sequence: number; readonly reason: LineFailure }

/** Deepest nesting of a line; real lines reach 8, entitlements of an app a little more. */
export const LINE_DEPTH_MAX = 64

type JsonObject = { [key: string]: unknown }
const DIGIT_0 = 48
const DIGIT_9 = 57
const QUOTE = 34
const COMMA = 44
const MINUS = 45
const COLON = 58
const BRACKET_OPEN = 91
const BRACE_CLOSE = 125

/**
 * Reads one line that eslogger wrote.
 *
 * @param text     The line, without its line break.
 * @param sequence Ordinal of the line, kept in the answer.
 * @returns        The record, or the reason of refusal. Unknown message versions, event types and
 *                 keys are all fine. A `__proto__` key becomes an ordinary own property, as
 *                 `JSON.parse` does.
 * @throws         Never.
 */
export function readLine(text: string, sequence: number): LineRead {
  if (bracketCountExceeds(text, LINE_DEPTH_MAX) && depthExceeds(text, LINE_DEPTH_MAX)) {
    return { ok: false, sequence, reason: 'too_deep' }
  }
  let value: unknown
  try {
    value = JSON.parse(quoteLong(text) ?? quoteTokens(text))
  } catch {
    // The parser's message quotes the line, which is the host's data; the reason is all that is
    // kept.
    return { ok: false, sequence, reason: text.trim() === '' ? 'blank' : 'syntax' }
  }
  if (!isObject(value)) return { ok: false, sequence, reason: 'not_object' }
  // eslogger names the event by the single key of `event`; without it the line says nothing.
  const event = value['event']
  if (!isObject(event) || !hasKey(event)) return { ok: false, sequence, reason: 'not_event' }
  return { ok: true, record: { sequence, text, value } }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasKey(value: JsonObject): boolean {
  for (const _ in value) return true
  return false
}

// Nesting is at most the number of opening brackets, and `indexOf` counts those twenty times faster
// than a loop over characters; only the rare line with more brackets is measured properly.
function bracketCountExceeds(text: string, bracketsMax: number): boolean {
  let brackets = 0
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) {
    if (++brackets > bracketsMax) return true
  }
  for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) {
    if (++brackets > bracketsMax) return true
  }
  return false
}

function depthExceeds(text: string, depthMax: number): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (inString) {
      if (code === 92) index++
      else if (code === 34) inString = false
    } else if (code === 34) inString = true
    else if (code === 123 || code === 91) {
      if (++depth > depthMax) return true
    } else if (code === 125 || code === 93) depth--
  }
  return false
}

/*
 * JSON.parse rounds whole numbers beyond 2^53. A reviver with `context.source` would keep the
 * digits at eight times the cost of parsing, and a walk over the parsed value at a third of it.
 * Instead long integers are put into quotes in the text before it is parsed. A run of 16 digits
 * covers one of any 16 positions in a row, so looking at one character in 16 finds them all.
 */
const RUN_MIN = 16

/**
 * The text with quotes around every whole number beyond 2^53; `undefined` when it needs a lexer.
 */
function quoteLong(text: string): string | undefined {
  let quoted = ''
  let copied = 0
  for (let at = RUN_MIN - 1; at < text.length; at += RUN_MIN) {
    if (!isDigit(text.charCodeAt(at))) continue
    let start = at
    while (isDigit(text.charCodeAt(start - 1))) start--
    let end = at + 1
    while (isDigit(text.charCodeAt(end))) end++
    if (end - start >= RUN_MIN) {
      const place = placeOf(text, { start, end })
      if (place === 'unclear') return undefined
      if (place === 'number') {
        if (text.charCodeAt(start - 1) === MINUS) start--
        const digits = text.slice(start, end)
        if (!Number.isSafeInteger(Number(digits))) {
          quoted += `${text.slice(copied, start)}"${digits}"`
          copied = end
        }
      }
    }
    // The run is done with; the positions after it are as good as those after `at`.
    at = end - 1
  }
  return copied === 0 ? text : quoted + text.slice(copied)
}

interface Run {
  readonly start: number
  readonly end: number
}

/*
 * What a run of digits is, by the characters beside it. `x":123,` can only be a number: a quote
 * after a letter is neither escaped nor the first of a text, so it ends a key. A number begins
 * after a colon, a comma, a bracket or a blank; after anything else the run is part of a text, a
 * fraction or an exponent. The rest may be either.
 */
function placeOf(text: string, { start, end }: Run): 'number' | 'elsewhere' | 'unclear' {
  let before = start - 1
  if (text.charCodeAt(before) === MINUS) before--
  const previous = text.charCodeAt(before)
  if (previous !== COLON) return isSeparator(previous) ? 'unclear' : 'elsewhere'
  const next = text.charCodeAt(end)
  const isMember =
    text.charCodeAt(before - 1) === QUOTE &&
    isLetter(text.charCodeAt(before - 2)) &&
    (next === COMMA || next === BRACE_CLOSE) &&
    // No number begins with a zero; quoted, it would no longer be refused.
    text.charCodeAt(start) !== DIGIT_0
  return isMember ? 'number' : 'unclear'
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
}

// JSON's blanks, the comma and the bracket of an array.
function isSeparator(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === COMMA || code === BRACKET_OPEN
}

// Strings first, so that digits inside them are never touched; then whole numbers of 16 digits or
// more.
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
const INTEGER = /^-?[1-9]\d{15,}$/

// The lexer: slower, and right for every text that is JSON.
function quoteTokens(text: string): string {
  return text.replace(TOKEN, (token) =>
    INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
  )
}
