import { LEDGER_START, ledgerHash, type LedgerRow, type LedgerVerdict } from '@pomona/schema'
import type { LedgerPlace } from './reports.ts'

/** Walks the stored rows of a ledger and finds the first that is not what was stored. */
export class ChainCheck {
  #rows = 0
  #next: number | undefined
  #head = LEDGER_START
  #brokenAt: number | undefined

  add(row: LedgerRow): void {
    if (this.#brokenAt !== undefined) return
    // Older rows may have been forgotten: then the first one that is left vouches for them.
    const isFirst = this.#next === undefined
    const joins = isFirst
      ? row.index > 0 || row.previous === LEDGER_START
      : row.index === this.#next && row.previous === this.#head
    if (!joins || ledgerHash(row) !== row.hash) {
      this.#brokenAt = row.index
      return
    }
    this.#rows++
    this.#next = row.index + 1
    this.#head = row.hash
  }

  /** @param place Where the chain is said to end. */
  verdict(place: Pick<LedgerPlace, 'next' | 'head'> | undefined): LedgerVerdict {
    if (this.#brokenAt !== undefined) {
      return { ok: false, rows: this.#rows, broken_at: this.#brokenAt }
    }
    const next = this.#next ?? place?.next ?? 0
    const isWhole = place === undefined || this.#rows === 0 || endsAt(place, next, this.#head)
    if (!isWhole) return { ok: false, rows: this.#rows, broken_at: next }
    return { ok: true, rows: this.#rows, head: this.#rows === 0 ? (place?.head ?? '') : this.#head }
  }
}

function endsAt(place: Pick<LedgerPlace, 'next' | 'head'>, next: number, head: string): boolean {
  return place.next === next && place.head === head
}
