import { formatTime, padTime, parseTime } from '@pomona/schema'
import { StoreError } from './errors.ts'

/** Where a page ended: a time and an id that breaks ties. The next page starts right after. */
export interface CursorPosition {
  readonly time: string
  readonly id: string
}

const TIME_LENGTH = 30

/** Writes a position as text that survives a URL. */
export function encodeCursor({ time, id }: CursorPosition): string {
  return Buffer.from(JSON.stringify([time, id])).toString('base64url')
}

/**
 * Reads what {@link encodeCursor} wrote.
 * @throws StoreError ERR_QUERY_INVALID for anything else.
 */
export function decodeCursor(text: string): CursorPosition {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch (error) {
    throw invalidCursor(error)
  }
  if (!Array.isArray(value) || value.length !== 2) throw invalidCursor()
  const [time, id]: unknown[] = value
  if (typeof time !== 'string' || typeof id !== 'string') throw invalidCursor()
  const padded = padTime(time)
  if (padded === undefined) throw invalidCursor()
  return { time: padded, id: boundText('cursor', id) }
}

/**
 * Brings a time of a query to nine digits, so that text order is time order.
 * @throws StoreError ERR_QUERY_INVALID when it is not an RFC 3339 timestamp.
 */
export function boundTime(name: string, time: string): string {
  const atNs = parseTime(time)
  const padded = atNs === undefined ? undefined : formatTime(atNs)
  // A zone may carry a time out of the years that have four digits.
  if (padded?.length === TIME_LENGTH) return padded
  throw new StoreError(
    'ERR_QUERY_INVALID',
    `“${name}” is not a time; write 2026-01-31T12:00:00Z.`,
    {
      details: { field: name },
    },
  )
}

/**
 * Lets text through that a database can be asked with: a NUL byte ends SQL text early, without an
 * error.
 * @throws StoreError ERR_QUERY_INVALID when the text holds one.
 */
export function boundText(name: string, text: string): string {
  if (!text.includes('\0')) return text
  throw new StoreError('ERR_QUERY_INVALID', `“${name}” holds a NUL character; remove it.`, {
    details: { field: name },
  })
}

function invalidCursor(cause?: unknown): StoreError {
  return new StoreError(
    'ERR_QUERY_INVALID',
    'The cursor is not one of ours; start from page one.',
    {
      cause,
    },
  )
}
