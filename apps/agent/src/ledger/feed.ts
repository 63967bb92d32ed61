import type { Clock, LedgerRow } from '@pomona/schema'
import type { Spool } from '../spool/spool.ts'

/** What a feed needs of the spool. */
export type LedgerSource = Pick<Spool, 'ledgerRows' | 'confirmRows'>

const CUT_INTERVAL_NS = 10_000_000_000n
/** Characters of the rows of one report: well below what the server takes, which is 2 MiB. */
const ROWS_CHARACTERS_MAX = 1024 * 1024

/**
 * The rows of the ledger as reports take them. New ones are cut no more often than people look:
 * every report changes the counts, so that there would always be another row to tell.
 */
export class LedgerFeed {
  readonly #source: LedgerSource
  readonly #clock: Clock
  #rows: readonly LedgerRow[] = []
  #cutNs: bigint | undefined

  constructor(source: LedgerSource, clock: Clock) {
    this.#source = source
    this.#clock = clock
  }

  /**
   * Rows from an index on, in order, without holes; none when there are no more for now. After an
   * offline time with a short disk rows are long: no more are given than one report can carry.
   */
  async rows(index: number, rowsMax: number): Promise<readonly LedgerRow[]> {
    const nowNs = this.#clock.monotonicNs()
    const isDue = this.#cutNs === undefined || nowNs - this.#cutNs >= CUT_INTERVAL_NS
    if (this.#after(index).length === 0 && isDue) {
      this.#cutNs = nowNs
      this.#rows = await this.#source.ledgerRows()
    }
    return fitting(this.#after(index).slice(0, rowsMax))
  }

  /** The next look cuts new rows, however short ago the last one did: it may be the last. */
  hurry(): void {
    this.#cutNs = undefined
  }

  /** The server has every row before this index. */
  confirm(index: number): void {
    this.#source.confirmRows(index)
    this.#rows = this.#after(index)
  }

  #after(index: number): readonly LedgerRow[] {
    return this.#rows.filter((row) => row.index >= index)
  }
}

/** The first rows that fit one report; a row alone always does. */
function fitting(rows: readonly LedgerRow[]): readonly LedgerRow[] {
  let characters = 0
  const end = rows.findIndex((row, index) => {
    characters += JSON.stringify(row).length
    return index > 0 && characters > ROWS_CHARACTERS_MAX
  })
  return end === -1 ? rows : rows.slice(0, end)
}
