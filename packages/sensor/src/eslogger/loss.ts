import type { EsMessage } from './line.ts'

/** What the sequence numbers of a stream say about events that never arrived. */
export interface LossCounts {
  /** Events missing by gaps in `global_seq_num`. */
  readonly missing: number
  /** Events missing by gaps in `seq_num`, by event type; sums to at most `missing`. */
  readonly missingByType: Readonly<Record<string, number>>
  /** Times the numbering began again: another eslogger, a reboot, or recordings put end to end. */
  readonly restarts: number
  /** Records without usable sequence numbers, or numbered behind their predecessor. */
  readonly unnumbered: number
}

/** Event types counted apart; the catalogue has 104. */
const TYPES_MAX = 256

/**
 * Counts the gaps in eslogger's two numberings: `seq_num` counts per event type, `global_seq_num`
 * over all, both from 0. A kernel that outruns its reader drops events and leaves only these gaps.
 *
 * A stream that begins above 0 was joined in the middle, so the numbers before its first record are
 * not counted as lost.
 */
export class LossCounter {
  #nextGlobal: number | undefined
  #fromStart = false
  #next = new Map<string, number>()
  #missing = 0
  readonly #missingByType = new Map<string, number>()
  #restarts = 0
  #unnumbered = 0

  /**
   * @param whole The stream is known to be read from its beginning, so that numbers missing before
   *              its first record are losses too. Default false.
   */
  constructor({ whole = false }: { readonly whole?: boolean } = {}) {
    if (!whole) return
    this.#nextGlobal = 0
    this.#fromStart = true
  }

  /** Takes the next record of the stream. Never throws. */
  observe(message: EsMessage): void {
    const globalNumber = message['global_seq_num']
    const number = message['seq_num']
    if (isOrdinal(globalNumber) && isOrdinal(number)) {
      this.observeNumbers({ type: eventName(message), number, globalNumber })
    } else this.#unnumbered++
  }

  /** The same for a record whose numbers were read otherwise. */
  observeNumbers(record: {
    readonly type: string
    readonly number: number
    readonly globalNumber: number
  }): void {
    this.#observeGlobal(record.globalNumber)
    this.#observeType(record.type, record.number)
  }

  /** The counts so far. */
  counts(): LossCounts {
    return {
      missing: this.#missing,
      missingByType: Object.fromEntries(this.#missingByType),
      restarts: this.#restarts,
      unnumbered: this.#unnumbered,
    }
  }

  #observeGlobal(global: number): void {
    if (this.#nextGlobal === undefined) this.#fromStart = global === 0
    else if (global < this.#nextGlobal) {
      this.#restarts++
      this.#next = new Map()
      this.#fromStart = global === 0
    } else this.#missing += global - this.#nextGlobal
    this.#nextGlobal = global + 1
  }

  #observeType(type: string, number: number): void {
    const expected = this.#next.get(type) ?? (this.#fromStart ? 0 : number)
    if (number < expected) this.#unnumbered++
    else if (number > expected && this.#missingByType.size < TYPES_MAX) {
      this.#missingByType.set(type, (this.#missingByType.get(type) ?? 0) + number - expected)
    }
    if (this.#next.has(type) || this.#next.size < TYPES_MAX) this.#next.set(type, number + 1)
  }
}

function isOrdinal(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)
}

/** Names the event of a message: the first key under `event`; `''` when there is none. */
export function eventName(message: EsMessage): string {
  const event = message['event']
  if (typeof event === 'object') for (const name in event) return name
  return ''
}
