import { createHash } from 'node:crypto'
import type { AuditEntry, AuditVerdict } from './records.ts'

/** What the first entry takes as the hash before it. */
export const AUDIT_GENESIS = '0'.repeat(64)

/** An entry with its place in the chain. */
export interface ChainedEntry extends AuditEntry {
  readonly position: number
  readonly previousHash: string
  readonly hash: string
}

/**
 * Hash of an entry: SHA-256, hex, over its length-prefixed fields and the hash before it.
 * A change, insertion or removal anywhere breaks every later link.
 */
export function auditHash(previousHash: string, position: number, entry: AuditEntry): string {
  const details = Object.entries(entry.details).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const fields = [
    previousHash,
    String(position),
    entry.time,
    entry.actor,
    entry.action,
    entry.target,
    ...details.flat(),
  ]
  const hash = createHash('sha256')
  for (const field of fields) {
    const bytes = Buffer.from(field)
    hash.update(`${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex')
}

/** Checks entries in order of position. */
export class AuditVerifier {
  #entries = 0
  #head = AUDIT_GENESIS
  #brokenAt: number | undefined

  /** Takes the next entry. */
  add(entry: ChainedEntry): void {
    const fits =
      entry.position === this.#entries &&
      entry.previousHash === this.#head &&
      entry.hash === auditHash(this.#head, entry.position, entry)
    if (!fits) this.#brokenAt ??= this.#entries
    this.#entries++
    this.#head = entry.hash
  }

  verdict(): AuditVerdict {
    if (this.#brokenAt === undefined) return { ok: true, entries: this.#entries, head: this.#head }
    return { ok: false, entries: this.#entries, brokenAt: this.#brokenAt }
  }
}
