import { type Clock, formatTime } from '@pomona/schema'
import type { RunTools } from '../command/run.ts'
import type { RawRecord } from '../eslogger/line.ts'
import { Tally } from '../tally.ts'
import { Allowance } from './allowance.ts'
import { originAttributes, type OriginAttributes } from './attributes.ts'
import type { FactsFailure, FileFacts } from './facts.ts'
import {
  closeQuietly,
  isStillAt,
  type OpenFile,
  openRegular,
  readContent,
  type ReadLimits,
} from './read-file.ts'
import { type TurnLimits, Turns } from './turns.ts'
import { type WantedFile, wantedFile } from './wanted.ts'

/** Bounds of {@link FileFactsCollector}. */
export interface FileFactsLimits extends ReadLimits, TurnLimits {
  /** Files remembered. */
  readonly cacheMax: number
  /** How long a batch of records waits for its facts; what is not there by then stays unknown. */
  readonly waitMsMax: number
  /** Of all time, how much records may wait. */
  readonly waitShareMax: number
  /** Of one core, what reading may cost in the long run; by estimate, see `COST_MS`. */
  readonly cpuShareMax: number
  /** Milliseconds of processor time that may be spent at once after a quiet while. */
  readonly cpuBurstMs: number
}

/** Defaults of {@link FileFactsLimits}. */
export const FILE_FACTS_LIMITS: FileFactsLimits = {
  fileBytesMax: 64 * 1024 * 1024,
  readMsMax: 2_000,
  concurrencyMax: 2,
  waitingMax: 256,
  turnMsMax: 5_000,
  cacheMax: 4_096,
  waitMsMax: 250,
  waitShareMax: 0.2,
  cpuShareMax: 0.03,
  cpuBurstMs: 1_500,
}

/** Who reads files and runs `xattr`, by whose time, and whether to hold back. */
export interface FileFactsTools extends RunTools {
  readonly clock: Clock
  /** While it is so, only what is started is read. */
  readonly isThrottled?: () => boolean
}

/** What was done; asked = known + the sum of failed + held. */
export interface FileFactsCounts {
  readonly asked: number
  readonly known: number
  /** Of the known ones: not read again. */
  readonly cached: number
  /** Of the known ones: without their digest, because of size or budget. */
  readonly unhashed: number
  readonly failed: Readonly<Record<string, number>>
  readonly held: number
  /** Of all: too late for their event. */
  readonly late: number
}

/** What a file costs, in milliseconds of processor time; measured on a busy server, so plenty. */
const COST_MS = { file: 0.3, mebibyte: 1, attributes: 4 }
const MEBIBYTE = 1024 * 1024

interface Remembered {
  readonly content: Omit<FileFacts, 'path' | keyof OriginAttributes>
  attributes: OriginAttributes | undefined
}

interface Reading {
  readonly file: Omit<OpenFile, 'handle'>
  readonly facts: FileFacts
}

// The sealed volume: what is on it came with macOS.
const SEALED = /^\/(?:System\/|usr\/(?:bin|sbin|libexec|lib)\/|bin\/|sbin\/)/

/**
 * Reads what files are that records name: digest, first bytes, size, quarantine and origin. Files
 * may be of an attacker's making: reading is bounded in bytes, time, number and processor time,
 * never follows a link or waits for a pipe, and never holds records up longer than `waitMsMax` at a
 * time and `waitShareMax` of all time. What is told is the very file of the event, or nothing.
 */
export class FileFactsCollector {
  readonly #limits: FileFactsLimits
  readonly #tools: FileFactsTools
  readonly #turns: Turns
  readonly #patience: Allowance
  readonly #budget: Allowance
  readonly #cache = new Map<string, Remembered>()
  readonly #running = new Map<string, Promise<Reading | FactsFailure>>()
  readonly #failed = new Tally()
  #asked = 0
  #known = 0
  #cached = 0
  #unhashed = 0
  #late = 0

  constructor(tools: FileFactsTools, limits: Partial<FileFactsLimits> = {}) {
    this.#tools = tools
    this.#limits = { ...FILE_FACTS_LIMITS, ...limits }
    const { waitMsMax, waitShareMax, cpuShareMax, cpuBurstMs } = this.#limits
    this.#turns = new Turns(this.#limits, tools.timer)
    this.#patience = new Allowance({ share: waitShareMax, msMax: waitMsMax }, tools.clock)
    this.#budget = new Allowance({ share: cpuShareMax, msMax: cpuBurstMs }, tools.clock)
  }

  /** Whether all that was begun hangs, and nothing is read until some of it ends. */
  get isStalled(): boolean {
    return this.#turns.isStalled
  }

  counts(): FileFactsCounts {
    const failed = this.#failed.read()
    return {
      asked: this.#asked,
      known: this.#known,
      cached: this.#cached,
      unhashed: this.#unhashed,
      failed,
      held: this.#asked - this.#known - this.#failed.total,
      late: this.#late,
    }
  }

  /**
   * Facts for each record of a batch that is about a file worth it, as far as they are known in
   * time. Never throws.
   *
   * @returns As many as there are records, in their order.
   */
  async about(records: readonly RawRecord[]): Promise<readonly (FileFacts | undefined)[]> {
    const found = records.map((): FileFacts | undefined => undefined)
    const asked: Promise<void>[] = []
    let waiting = 0
    for (const [index, record] of records.entries()) {
      const wanted = wantedFile(record)
      if (wanted === undefined) continue
      waiting += 1
      const noted = this.of(wanted).then((facts) => {
        found[index] = facts
        waiting -= 1
      })
      asked.push(noted)
    }
    if (asked.length === 0) return found
    await this.#inTime(Promise.all(asked))
    this.#late += waiting
    // A copy: what becomes known later must not appear under the reader's hands.
    return [...found]
  }

  /** Facts of one file; undefined when there are none. Asked twice at once, it is read once. */
  async of(wanted: WantedFile): Promise<FileFacts | undefined> {
    this.#asked += 1
    const outcome = await this.#outcome(wanted)
    if (typeof outcome === 'string') {
      this.#failed.add(outcome)
      return undefined
    }
    this.#known += 1
    if (outcome.sha256 === undefined) this.#unhashed += 1
    return outcome
  }

  async #outcome(wanted: WantedFile): Promise<FileFacts | FactsFailure> {
    if (wanted.isDataless) return 'dataless'
    if (!wanted.isProgram && this.#tools.isThrottled?.() === true) return 'throttled'
    const reading = await (this.#running.get(wanted.path) ?? this.#begin(wanted))
    if (typeof reading === 'string') return reading
    return mismatch(reading.file, wanted) ?? reading.facts
  }

  async #begin(wanted: WantedFile): Promise<Reading | FactsFailure> {
    const { path, isProgram } = wanted
    const reading = this.#turns
      .take(async () => this.#read(wanted), { isUrgent: isProgram })
      .finally(() => this.#running.delete(path))
    this.#running.set(path, reading)
    return reading
  }

  async #read({ path, isProgram }: WantedFile): Promise<Reading | FactsFailure> {
    const opened = await openRegular(path)
    if (typeof opened === 'string') return opened
    const { handle, ...file } = opened
    try {
      const known = this.#cache.get(file.key)
      if (known !== undefined) this.#cached += 1
      const entry = known ?? (await this.#content(opened, isProgram))
      if (typeof entry === 'string') return entry
      this.#remember(file.key, entry)
      entry.attributes ??= await this.#attributes(path, file)
      return { file, facts: { path, ...entry.content, ...entry.attributes } }
    } finally {
      await closeQuietly(handle)
    }
  }

  async #content(file: OpenFile, isProgram: boolean): Promise<Remembered | FactsFailure> {
    const isSmall = file.size <= this.#limits.fileBytesMax
    const cost = COST_MS.file + (isSmall ? (file.size / MEBIBYTE) * COST_MS.mebibyte : 0)
    const isPaid = this.#pay(cost, isProgram)
    // Of a program at least the first bytes: who spends the budget must not make it invisible.
    if (!isPaid && !isProgram) return 'budget'
    const limits = isPaid ? this.#limits : { ...this.#limits, fileBytesMax: -1 }
    const content = await readContent(file, limits, this.#tools.clock)
    return typeof content === 'string' ? content : { content, attributes: undefined }
  }

  // Half of what there is belongs to what is started alone.
  #pay(cost: number, isProgram: boolean): boolean {
    const reserveMs = isProgram ? 0 : this.#limits.cpuBurstMs / 2
    if (this.#budget.leftMs - reserveMs < cost) return false
    this.#budget.spend(cost)
    return true
  }

  async #attributes(
    path: string,
    file: Pick<OpenFile, 'device' | 'inode'>,
  ): Promise<OriginAttributes | undefined> {
    if (SEALED.test(path)) return {}
    if (!this.#pay(COST_MS.attributes, true)) return undefined
    const attributes = await originAttributes(this.#tools, path)
    // They were read by name, and the name may lead elsewhere by now.
    return (await isStillAt(path, file)) ? attributes : undefined
  }

  // The one used longest ago goes. A digest that was too dear today may not be tomorrow.
  #remember(key: string, entry: Remembered): void {
    this.#cache.delete(key)
    const { sha256, size } = entry.content
    if (sha256 === undefined && size <= this.#limits.fileBytesMax) return
    this.#cache.set(key, entry)
    if (this.#cache.size <= this.#limits.cacheMax) return
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest)
      return
    }
  }

  async #inTime(work: Promise<unknown>): Promise<void> {
    const { clock, timer } = this.#tools
    const patienceMs = this.#patience.leftMs
    if (patienceMs <= 0) return
    const fromNs = clock.monotonicNs()
    await new Promise<void>((resolve) => {
      const cancel = timer.after(patienceMs, resolve)
      void work.then(() => {
        cancel()
        resolve()
      })
    })
    this.#patience.spend(Number(clock.monotonicNs() - fromNs) / NS_PER_MS)
  }
}

const NS_PER_MS = 1e6

/** Why a file that was read is not the one an event was about. */
function mismatch(
  file: Omit<OpenFile, 'handle'>,
  { isProgram, device, inode, size, mtime }: WantedFile,
): 'replaced' | 'changed' | undefined {
  const isOther =
    (device !== undefined && bits(device) !== bits(file.device)) ||
    (inode !== undefined && inode !== file.inode)
  if (isOther) return 'replaced'
  const mtimeRead = formatTime(file.mtimeNs)
  if (!isProgram) {
    // It may have been written again since, but what was read must not be from before the event.
    return mtime !== undefined && mtime > mtimeRead ? 'changed' : undefined
  }
  const isChanged =
    (mtime !== undefined && mtime !== mtimeRead) ||
    (size !== undefined && size !== BigInt(file.size))
  return isChanged ? 'changed' : undefined
}

// A device number has 32 bits; with the first one set it is printed as negative or not.
function bits(device: bigint): bigint {
  return BigInt.asUintN(32, device)
}
