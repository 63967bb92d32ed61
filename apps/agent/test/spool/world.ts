import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  type Clock,
  LEDGER_START,
  ledgerHash,
  type LedgerRow,
  PRIORITY_CLASSES,
  type PriorityClass,
} from '@pomona/schema'
import type { Delivery } from '../../src/spool/reader.ts'
import { Spool } from '../../src/spool/spool.ts'
import type { Dice } from '../support/dice.ts'
import { FaultyDisk, PowerLoss } from '../support/faulty-disk.ts'

const NS_PER_MS = 1_000_000n

/** A clock that goes on when it is told to. */
export class ManualClock implements Clock {
  ms = Date.UTC(2026, 10, 25, 8, 59, 50)

  nowNs(): bigint {
    return BigInt(this.ms) * NS_PER_MS
  }

  monotonicNs(): bigint {
    return this.nowNs()
  }
}

/** What a server knows of one Mac: the events it has and the ledger it was told. */
export class ModelServer {
  /** Texts by stream and sequence. */
  readonly stored = new Map<string, string>()
  readonly rows: LedgerRow[] = []
  #last = { epoch: 0, sequence: -1 }

  /** Takes a delivery, also for a second time. */
  take(delivery: Delivery): void {
    for (const text of [...delivery.events, ...delivery.alerts]) {
      const { sequence } = JSON.parse(text) as { sequence: number } // As `itemOf` wrote it.
      ok(sequence >= delivery.firstSequence && sequence <= delivery.lastSequence)
      const key = `${delivery.streamId}-${sequence}`
      const known = this.stored.get(key)
      if (known !== undefined) equal(known, text, 'a repeated event is the same')
      this.stored.set(key, text)
    }
    const place = { epoch: delivery.epoch, sequence: delivery.lastSequence }
    const isLater =
      place.epoch > this.#last.epoch ||
      (place.epoch === this.#last.epoch && place.sequence > this.#last.sequence)
    if (isLater) this.#last = place
  }

  /** Takes rows, and refuses what does not follow. @returns The index of the next row. */
  takeRows(rows: readonly LedgerRow[]): number {
    for (const row of rows) {
      const { hash, ...content } = row
      equal(hash, ledgerHash(content), 'the hash of a row is that of its content')
      const known = this.rows[row.index]
      if (known !== undefined) {
        deepEqual(row, known, 'a row that was told does not change')
        continue
      }
      equal(row.index, this.rows.length, 'rows come without holes')
      equal(row.previous, this.rows.at(-1)?.hash ?? LEDGER_START, 'rows are chained')
      this.rows.push(row)
    }
    return this.rows.length
  }

  /** Events the server has of a type. */
  storedOf(type: string): number {
    let count = 0
    for (const text of this.stored.values()) {
      if ((JSON.parse(text) as { type: string }).type === type) count += 1 // As `itemOf` wrote it.
    }
    return count
  }
}

/** Sums of the rows of one sensor. */
export function sums(rows: readonly LedgerRow[], sensor: string) {
  const own = rows.filter((row) => row.sensor === sensor)
  const sum = (of: (row: LedgerRow) => number): number =>
    own.reduce((total, row) => total + of(row), 0)
  return {
    sensed: sum(({ sensed }) => sensed),
    sent: sum(({ sent }) => sent),
    filtered: sum(({ filtered }) => Object.values(filtered).reduce((a, b) => a + b, 0)),
    dropped: sum(({ dropped }) => dropped.reduce((total, { count }) => total + count, 0)),
  }
}

/** One type of record for each class, each with a sensor of its own. */
export const TYPES: readonly { readonly type: string; readonly priority: PriorityClass }[] =
  PRIORITY_CLASSES.flatMap((priority) => [
    { type: `${priority}_one`, priority },
    { type: `${priority}_two`, priority },
  ])

/** A Mac with an agent that starts, works, is killed and starts again. */
export class World {
  readonly clock = new ManualClock()
  readonly server = new ModelServer()
  readonly disk: FaultyDisk
  readonly dice: Dice
  readonly bytesMax: number
  freeBytesMin = 0
  spool: Spool | undefined
  /** Texts of everything that was ever handed to a spool, by stream and sequence. */
  readonly appended = new Map<string, string>()
  /** Of those, what a commit that succeeded covers. */
  readonly durable = new Set<string>()
  #open: string[] = []

  constructor(dice: Dice, bytesMax: number) {
    this.dice = dice
    this.disk = new FaultyDisk(dice)
    this.bytesMax = bytesMax
  }

  async start(): Promise<Spool> {
    this.#open = []
    this.spool = await Spool.open({
      fileSystem: this.disk,
      folder: '/spool',
      clock: this.clock,
      random: { bytes: (length) => Buffer.from('ab'.repeat(length), 'hex') },
      bytesMax: this.bytesMax,
      freeBytesMin: this.freeBytesMin,
      pendingBytesMax: 64 * 1024,
      bootId: 'boot',
      streamId: (run) => `stream-${run}`,
    })
    this.spool.watch(TYPES.map(({ type }) => type))
    return this.spool
  }

  /** Something is sensed. */
  append(spool: Spool, one = this.dice.pick(TYPES)): void {
    const { type, priority } = one
    const sequence = spool.takeSequences(1)
    const filling = 'x'.repeat(this.dice.below(400))
    const noise = Buffer.from(Array.from({ length: 60 }, () => this.dice.below(256)))
    const text = JSON.stringify({ sequence, type, filling, noise: noise.toString('hex') })
    const key = `${spool.epoch.streamId}-${sequence}`
    this.appended.set(key, text)
    this.#open.push(key)
    const kind = this.dice.chance(0.05) ? 'alert' : 'event'
    const sensedMs = this.clock.ms
    spool.append({ kind, sequence, sensor: type, type, priority, sensedMs, timeMs: sensedMs, text })
  }

  async commit(spool: Spool): Promise<void> {
    const covered = this.#open
    this.#open = []
    try {
      await spool.commit()
      for (const key of covered) this.durable.add(key)
    } catch (error) {
      this.#open = [...covered, ...this.#open]
      throw error
    }
  }

  /** One delivery; with a loss of the answer, the server has it and the agent does not know. */
  async deliver(spool: Spool, isAnswered = true): Promise<boolean> {
    const delivery = await spool.next({ itemsMax: 1 + this.dice.below(40), bytesMax: 16_384 })
    if (delivery === undefined) return false
    if (this.disk.isDead) throw new PowerLoss()
    this.server.take(delivery)
    if (!isAnswered) return true
    const { epoch, firstSequence, lastSequence } = delivery
    const isPart = this.dice.chance(0.2)
    const end = firstSequence + this.dice.below(lastSequence - firstSequence + 1)
    spool.acknowledge({ epoch, lastSequence: isPart ? end : lastSequence })
    return true
  }

  async tellLedger(spool: Spool, isAnswered = true): Promise<void> {
    const next = this.server.takeRows(await spool.ledgerRows())
    if (isAnswered) spool.confirmRows(next)
  }

  /** Delivers and tells everything that is left. */
  async drain(spool: Spool): Promise<void> {
    await this.commit(spool)
    while (await this.deliver(spool)) await spool.commit()
    await spool.commit()
    for (let turn = 0; turn < 3; turn++) await this.tellLedger(spool)
    equal(spool.figures().held, 0, 'nothing is held after everything was delivered')
  }

  /** Items that were given up, as the server was told. */
  dropped(): number {
    return TYPES.reduce((sum, { type }) => sum + sums(this.server.rows, type).dropped, 0)
  }

  /** What holds at the end, whatever happened, when the server has everything there is. */
  check({ isExact }: { readonly isExact: boolean }): void {
    for (const { type } of TYPES) {
      const { sensed, sent, dropped } = sums(this.server.rows, type)
      const stored = this.server.storedOf(type)
      equal(sensed, sent + dropped, `${type}: sensed = sent + dropped`)
      if (isExact) equal(stored, sent, `${type}: what counts as sent is what the server has`)
      else ok(stored >= sent, `${type}: the server has what counts as sent`)
    }
    for (const [key, text] of this.server.stored) {
      equal(text, this.appended.get(key), 'the server has what was sensed and nothing else')
    }
    const sensed = TYPES.reduce((sum, { type }) => sum + sums(this.server.rows, type).sensed, 0)
    ok(sensed >= this.durable.size, 'what was durable is accounted for')
    const missing = [...this.durable].filter((key) => !this.server.stored.has(key))
    ok(missing.length <= this.dropped(), 'what was durable and is missing counts as dropped')
  }
}
