import { type Kysely, type Transaction } from 'kysely'
import { AUDIT_GENESIS, auditHash, AuditVerifier, type ChainedEntry } from './audit-chain.ts'
import type { AuditEntry, AuditVerdict } from './records.ts'
import type { AuditTable, RecordTables } from './schema.ts'

type Database = Kysely<RecordTables>

const PAGE_ROWS = 1_000

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
