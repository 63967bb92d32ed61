import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import { Counts, Identifier, Instant, Sha256 } from './fields.ts'

/**
 * What is given up first when disk is short: `bulk` before `normal` before `critical`, never the
 * other way round.
 */
export const PRIORITY_CLASSES = ['critical', 'normal', 'bulk'] as const
/** One of {@link PRIORITY_CLASSES}. */
export const PriorityClass = z.enum(PRIORITY_CLASSES)
/** One of {@link PRIORITY_CLASSES}. */
export type PriorityClass = z.infer<typeof PriorityClass>

/** Most that one number of a row may say: sums of many rows stay exact. */
export const LEDGER_COUNT_MAX = 1_000_000_000_000
const Count = z.int().min(0).max(LEDGER_COUNT_MAX)

/** Records of one type that were given up, and when the first and the last of them happened. */
export const LedgerDrop = z.strictObject({
  reason: z.string().min(1).max(64),
  type: z.string().min(1).max(64),
  class: PriorityClass,
  count: Count.min(1),
  from: Instant,
  to: Instant,
})
export type LedgerDrop = z.infer<typeof LedgerDrop>

/** A time in which a sensor's records may have gone unseen, and why. */
export const UnobservedSpan = z.strictObject({
  from: Instant,
  to: Instant,
  reason: z.string().min(1).max(64),
})
export type UnobservedSpan = z.infer<typeof UnobservedSpan>

/** Rows of a ledger in one report. */
export const LEDGER_ROWS_MAX = 500
/** Different drops in one row; what is beyond goes into a further row. */
export const LEDGER_DROPS_MAX = 64

/**
 * An entry of an agent's completeness ledger: what was added, for one sensor and one hour, to what
 * earlier entries say of it. Summed up, `sensed = filtered + dropped + sent + held`; what is held
 * is what the sums leave over. Entries are chained: each carries the hash of the one before, and
 * its own is {@link ledgerHash}.
 */
export const LedgerRow = z.strictObject({
  index: z.int().min(0).describe('Place in the chain of this installation, from 0.'),
  previous: Sha256.describe('Hash of the entry before; 64 zeros at index 0.'),
  epoch: z.int().min(0),
  sensor: Identifier,
  hour: Instant.describe('Beginning of the hour, UTC, in which the records were sensed.'),
  sensed: Count,
  filtered: Counts.describe('Left out on purpose, by reason.'),
  dropped: z.array(LedgerDrop).max(LEDGER_DROPS_MAX),
  sent: Count.describe('Acknowledged by the server.'),
  lost: Count.describe('Never seen: gaps in the sequence numbers of the sensor.'),
  unobserved: z.array(UnobservedSpan).max(16),
  hash: Sha256,
})
export type LedgerRow = z.infer<typeof LedgerRow>

/** `previous` of the first row of a chain. */
export const LEDGER_START = '0'.repeat(64)

/**
 * Hash of a ledger row, by which the next one is tied to it.
 *
 * @returns SHA-256 in lower-case hex of the row's JSON text without `hash`, keys in the order of
 *   {@link LedgerRow}, those of `filtered` in code unit order.
 */
export function ledgerHash(row: Omit<LedgerRow, 'hash'>): string {
  const { index, previous, epoch, sensor, hour, sensed, dropped, sent, lost, unobserved } = row
  const filtered = Object.entries(row.filtered).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([
    ...[index, previous, epoch, sensor, hour, sensed, filtered],
    dropped.map(({ reason, type, class: priority, count, from, to }) => [
      ...[reason, type, priority, count, from, to],
    ]),
    ...[sent, lost],
    unobserved.map(({ from, to, reason }) => [from, to, reason]),
  ])
  return bytesToHex(sha256(utf8ToBytes(text)))
}
