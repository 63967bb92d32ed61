import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'
import { childrenOf, type DerElement, TAG } from './element.ts'

/** An object identifier in dotted form. @throws AnalysisError ERR_ANALYSIS_MALFORMED. */
export function oidText(content: ByteView): string {
  const parts: bigint[] = []
  let value = 0n
  let open = false
  for (const byte of content.bytes) {
    value = (value << 7n) | BigInt(byte & 0x7f)
    open = byte >= 0x80
    if (value > 2n ** 64n) break
    if (open) continue
    if (parts.length === 0) {
      const first = value < 80n ? value / 40n : 2n
      parts.push(first, value - first * 40n)
    } else {
      parts.push(value)
    }
    value = 0n
  }
  if (open || value !== 0n || parts.length === 0) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'An object identifier cannot be read.')
  }
  return parts.join('.')
}

/** A whole number of any size. */
export function integerValue({ content }: DerElement): bigint {
  let value = 0n
  for (const byte of content.bytes.subarray(0, 128)) value = (value << 8n) | BigInt(byte)
  const isNegative = ((content.bytes[0] ?? 0) & 0x80) !== 0
  return isNegative ? value - (1n << BigInt(8 * content.length)) : value
}

/** The text of any kind of character string; UTF-16 for BMPString, UTF-8 for the rest. */
export function stringValue({ tag, content }: DerElement): string {
  if (tag !== 30) return content.text(0, content.length)
  let text = ''
  for (let at = 0; at + 1 < content.length; at += 2) {
    text += String.fromCharCode((content.u8(at) << 8) | content.u8(at + 1))
  }
  return text
}

/**
 * The bytes of an octet string; BER may have it in parts.
 *
 * @throws AnalysisError ERR_ANALYSIS_LIMIT, ERR_ANALYSIS_TRUNCATED or ERR_ANALYSIS_MALFORMED.
 */
export function octets(element: DerElement, budget: Budget): Uint8Array {
  if (!element.constructed) return element.content.bytes
  const parts = budget.nested(() => childrenOf(element, budget).map((part) => octets(part, budget)))
  const whole = Buffer.concat(parts)
  budget.spendBytes(whole.length)
  return whole
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/

/**
 * UTCTime or GeneralizedTime in milliseconds since 1970.
 *
 * @throws AnalysisError ERR_ANALYSIS_MALFORMED when it is none.
 */
export function timeValue(element: DerElement): number {
  const text = element.content.latin1(0, element.content.length)
  const isUtc = element.tag === TAG.utcTime
  const match = (isUtc ? UTC_TIME : GENERALIZED_TIME).exec(text)
  if (match === null) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'A time cannot be read.')
  }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  // RFC 5280, 4.1.2.5.1: two digits of 50 and more are of the last century.
  const century = isUtc ? (year >= 50 ? 1900 : 2000) : 0
  return Date.UTC(century + year, month - 1, day, hour, minute, second)
}

/** `YYYY-MM-DDThh:mm:ssZ` of milliseconds since 1970. */
export function timeText(timeMs: number): string {
  return Number.isFinite(timeMs) && Math.abs(timeMs) < 8.64e15
    ? new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')
    : 'invalid'
}
