import type { DeadLetter } from '@pomona/schema'
import { sql, type Kysely, type Transaction } from 'kysely'
import { AUDIT_GENESIS, auditHash, AuditVerifier, type ChainedEntry } from './audit-chain.ts'
import { sampleOf } from './dead-letter.ts'
import type { AuditEntry, AuditVerdict, DeadLetterCount } from './records.ts'
import type { AuditTable, DeadLetterTable, RecordTables } from './schema.ts'

type Database = Kysely<RecordTables>

const PAGE_ROWS = 1_000

/** Adds letters and drops the oldest beyond `lettersMax`, counting both. Part of a transaction. */
export async function insertDeadLetters(
  transaction: Transaction<RecordTables>,
  letters: readonly DeadLetter[],
  lettersMax: number,
): Promise<void> {
  let position = (await lastPosition(transaction, 'dead_letters')) + 1
  for (const letter of letters) {
    const added = await transaction
      .insertInto('dead_letters')
      .values(letterRow(letter, position))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('position')
      .execute()
    if (added.length === 0) continue
    position++
    await addCount(transaction, letter, { received: 1, dropped: 0 })
  }
  await dropOldest(transaction, position - lettersMax)
}

async function dropOldest(
  transaction: Transaction<RecordTables>,
  firstKept: number,
): Promise<void> {
  const dropped = await transaction
    .deleteFrom('dead_letters')
    .where('position', '<', firstKept)
    .returning(['stage', 'reason'])
    .execute()
  for (const letter of dropped) await addCount(transaction, letter, { received: 0, dropped: 1 })
}

async function addCount(
  transaction: Transaction<RecordTables>,
  { stage, reason }: { readonly stage: string; readonly reason: string },
  by: { readonly received: number; readonly dropped: number },
): Promise<void> {
  await transaction
    .insertInto('dead_letter_counts')
    .values({ stage, reason, ...by })
    .onConflict((conflict) =>
      conflict.columns(['stage', 'reason']).doUpdateSet({
        received: sql<number>`dead_letter_counts.received + ${by.received}`,
        dropped: sql<number>`dead_letter_counts.dropped + ${by.dropped}`,
      }),
    )
    .execute()
}

async function lastPosition(
  transaction: Transaction<RecordTables>,
  table: 'dead_letters' | 'audit',
): Promise<number> {
  const row = await transaction
    .selectFrom(table)
    .select('position')
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? -1 : Number(row.position)
}

function letterRow(letter: DeadLetter, position: number): DeadLetterTable {
  const { id, time, stage, reason, detail } = letter
  const host_id = letter.host_id ?? null
  return { position, id, time, stage, reason, host_id, detail, sample: sampleOf(letter.sample) }
}

/** The newest letters. */
export async function selectDeadLetters(
  database: Database,
  limit: number,
): Promise<readonly DeadLetter[]> {
  const rows = await database
    .selectFrom('dead_letters')
    .selectAll()
    .orderBy('position', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ id, time, stage, reason, detail, sample, host_id }) => ({
    id,
    time,
    stage,
    reason,
    detail,
    sample,
    ...(host_id !== null && { host_id }),
  }))
}

/** All letters that ever came, by stage and reason. */
export async function selectDeadLetterCounts(
  database: Database,
): Promise<readonly DeadLetterCount[]> {
  const rows = await database
    .selectFrom('dead_letter_counts')
    .selectAll()
    .orderBy('stage')
    .orderBy('reason')
    .execute()
  return rows.map(({ stage, reason, received, dropped }) => ({
    stage,
    reason,
    received: Number(received),
    dropped: Number(dropped),
  }))
}

/** Adds an entry to the audit chain. Part of a transaction: the chain has no branches. */
export async function insertAudit(
  transaction: Transaction<RecordTables>,
  entry: AuditEntry,
): Promise<void> {
  const last = await transaction
    .selectFrom('audit')
    .select(['position', 'hash'])
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  const position = last === undefined ? 0 : Number(last.position) + 1
  const previousHash = last?.hash ?? AUDIT_GENESIS
  const { time, actor, action, target } = entry
  await transaction
    .insertInto('audit')
    .values({
      position,
      time,
      actor,
      action,
      target,
      details: JSON.stringify(entry.details),
      previous_hash: previousHash,
      hash: auditHash(previousHash, position, entry),
    })
    .execute()
}

/** The newest audit entries. */
export async function selectAudit(
  database: Database,
  limit: number,
): Promise<readonly AuditEntry[]> {
  const rows = await database
    .selectFrom('audit')
    .selectAll()
    .orderBy('position', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => {
    const { time, actor, action, target, details } = chained(row)
    return { time, actor, action, target, details }
  })
}

/** Walks the whole chain, a page at a time. */
export async function verifyAuditRows(database: Database): Promise<AuditVerdict> {
  const verifier = new AuditVerifier()
  let after = -1
  for (;;) {
    const rows = await database
      .selectFrom('audit')
      .selectAll()
      .where('position', '>', after)
      .orderBy('position')
      .limit(PAGE_ROWS)
      .execute()
    for (const row of rows) verifier.add(chained(row))
    const last = rows.at(-1)
    if (last === undefined) return verifier.verdict()
    after = Number(last.position)
  }
}

function chained(row: AuditTable): ChainedEntry {
  const { time, actor, action, target, hash } = row
  return {
    position: Number(row.position),
    time,
    actor,
    action,
    target,
    details: detailsOf(row.details),
    previousHash: row.previous_hash,
    hash,
  }
}

// A tampered row may hold anything; then it reads as empty and its hash does not fit.
function detailsOf(text: string): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return {}
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, String(part)]))
  } catch {
    return {}
  }
}
