import { formatTime, parseTime } from '@pomona/schema'
import { type LogStatement, statementOf } from './statement.ts'
import type { TccRequest } from './tcc-requests.ts'

/*
 * `log stream --style ndjson` prints a line that is no JSON (`Filtering the log data using "…"`), a
 * JSON object a record, and at its end `{"count":12,"finished":1}`:
 *
 *   {"timestamp":"2026-09-22 11:12:25.248383+0200","eventType":"logEvent","messageType":"Default",
 *    "eventMessage":"…","subsystem":"com.apple.TCC","category":"access","processID":427,"userID":0,
 *    "processImagePath":"/System/…/tccd","senderImagePath":"…","threadID":1234,"bootUUID":"…",…}
 */

/** One record of the unified log. Unknown is absent. */
export interface UnifiedLogRecord {
  readonly sequence: number
  /** The line as it was printed. */
  readonly text: string
  /** RFC 3339, UTC, nine digits. */
  readonly time: string
  readonly message: string
  readonly process: {
    readonly pid: number
    readonly path: string
  }
  readonly userId?: number
  readonly threadId?: number
  readonly subsystem?: string
  readonly category?: string
  /** Default, Info, Debug, Error or Fault. */
  readonly level?: string
  /** What the message says, where its form is known. */
  readonly statement?: LogStatement | TccRequest
  /** When it was read, RFC 3339 with nine digits. */
  readonly created?: string
}

/** Why a line of `log stream` is no record. `banner` and `trailer` are part of every stream. */
export type LogLineFailure =
  | 'blank'
  | 'banner'
  | 'trailer'
  | 'too_long'
  | 'syntax'
  | 'partial'
  | 'not_object'
  | 'not_message'
  | 'time_invalid'
  | 'process_missing'

/** A record, or the reason why the line holds none. */
export type LogLineRead =
  | { readonly ok: true; readonly record: UnifiedLogRecord }
  | { readonly ok: false; readonly reason: LogLineFailure }

const BANNER = 'Filtering the log data using '
/** Characters of a message that are looked at and kept; the text keeps all. */
const MESSAGE_LENGTH_MAX = 8_192
const TEXT_LENGTH_MAX = 1_024

/** Reads one line of `log stream --style ndjson`. Never throws. */
export function readLogLine(text: string, sequence: number): LogLineRead {
  if (text.startsWith(BANNER)) return { ok: false, reason: 'banner' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, reason: text.trim() === '' ? 'blank' : 'syntax' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'not_object' }
  }
  const message = member(value, 'eventMessage')
  if (typeof message !== 'string') {
    // Activities, signposts and states have no message.
    const isTrailer = member(value, 'finished') !== undefined
    return { ok: false, reason: isTrailer ? 'trailer' : 'not_message' }
  }
  const time = timeOf(member(value, 'timestamp'))
  if (time === undefined) return { ok: false, reason: 'time_invalid' }
  const pid = wholeOf(member(value, 'processID'))
  const path = textOf(member(value, 'processImagePath'))
  if (pid === undefined || path === undefined) return { ok: false, reason: 'process_missing' }
  return { ok: true, record: build({ value, sequence, text, time, message, pid, path }) }
}

interface Parts {
  readonly value: object
  readonly sequence: number
  readonly text: string
  readonly time: string
  readonly message: string
  readonly pid: number
  readonly path: string
}

function build({ value, sequence, text, time, message, pid, path }: Parts): UnifiedLogRecord {
  const short = message.slice(0, MESSAGE_LENGTH_MAX)
  const subsystem = textOf(member(value, 'subsystem'))
  const category = textOf(member(value, 'category'))
  const level = textOf(member(value, 'messageType'))
  const userId = wholeOf(member(value, 'userID'))
  const threadId = wholeOf(member(value, 'threadID'))
  const program = path.slice(path.lastIndexOf('/') + 1)
  const statement = statementOf({ program, message: short })
  return {
    sequence,
    text,
    time,
    message: short,
    process: { pid, path },
    ...(userId !== undefined && { userId }),
    ...(threadId !== undefined && { threadId }),
    ...(subsystem !== undefined && { subsystem }),
    ...(category !== undefined && { category }),
    ...(level !== undefined && { level }),
    ...(statement !== undefined && { statement }),
  }
}

// 2026-09-22 11:12:25.248383+0200: RFC 3339 but for the blank and the zone.
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)([+-]\d{2}):?(\d{2})$/

function timeOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const parts = TIMESTAMP.exec(value)
  if (parts === null) return undefined
  const atNs = parseTime(`${parts[1]}T${parts[2]}${parts[3]}:${parts[4]}`)
  return atNs === undefined ? undefined : formatTime(atNs)
}

function member(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, TEXT_LENGTH_MAX) : undefined
}

function wholeOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
