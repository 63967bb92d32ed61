import type { Clock } from '@pomona/schema'
import type { RunTools } from '../command/run.ts'
import type { RawRecord } from '../eslogger/line.ts'
import { Tally } from '../tally.ts'
import { originAttributes, type OriginAttributes } from './attributes.ts'
import type { FactsFailure, FileFacts } from './facts.ts'
import { type OpenFile, openRegular, readContent, type ReadLimits } from './read-file.ts'
import { factsPath } from './wanted.ts'

/** Bounds of {@link FileFactsCollector}. */
export interface FileFactsLimits extends ReadLimits {
  /** Files read at the same time. */
  readonly concurrencyMax: number
  /** Files that wait to be read; more are not read. */
  readonly waitingMax: number
  /** Files remembered. */
  readonly cacheMax: number
  /** How long a batch of records waits for its facts; what is not there by then stays unknown. */
  readonly waitMsMax: number
}

/** Defaults of {@link FileFactsLimits}. */
export const FILE_FACTS_LIMITS: FileFactsLimits = {
  fileBytesMax: 64 * 1024 * 1024,
  readMsMax: 2_000,
  concurrencyMax: 2,
  waitingMax: 256,
  cacheMax: 4_096,
  waitMsMax: 250,
}

/** Who reads files and runs `xattr`, and by whose time. */
export interface FileFactsTools extends RunTools {
  readonly clock: Clock
}

/** What was done; asked = known + failed + waiting + late, `cached` of them without reading. */
export interface FileFactsCounts {
  readonly asked: number
  readonly known: number
  readonly cached: number
  readonly failed: Readonly<Record<string, number>>
}

interface Remembered {
  readonly content: Omit<FileFacts, 'path' | keyof OriginAttributes>
  attributes: OriginAttributes
  /** When an attribute was set last, as far as `attributes` knows. */
  changedNs: bigint
}

// The sealed volume: what is on it came with macOS.
const SEALED = /^\/(?:System\/|usr\/(?:bin|sbin|libexec|lib)\/|bin\/|sbin\/)/

/**
 * Reads what files are that records name: digest, first bytes, size, quarantine and origin. Reading
 * is bounded in bytes, time and number, and never holds records up longer than `waitMsMax`.
 */
export class FileFactsCollector {
  readonly #limits: FileFactsLimits
  readonly #tools: FileFactsTools
  readonly #cache = new Map<string, Remembered>()
  readonly #running = new Map<string, Promise<FileFacts | undefined>>()
  readonly #waiting: (() => void)[] = []
  readonly #failed = new Tally()
  #reading = 0
  #asked = 0
  #known = 0
  #cached = 0

  constructor(tools: FileFactsTools, limits: Partial<FileFactsLimits> = {}) {
    this.#tools = tools
    this.#limits = { ...FILE_FACTS_LIMITS, ...limits }
  }

  counts(): FileFactsCounts {
    return {
      asked: this.#asked,
      known: this.#known,
      cached: this.#cached,
      failed: this.#failed.read(),
    }
  }

  /**
   * Facts for the records of a batch that are about files worth it, by their sequence, as far as
   * they are known in time. Never throws.
   */
  async about(records: readonly RawRecord[]): Promise<ReadonlyMap<number, FileFacts>> {
    const found = new Map<number, FileFacts>()
    const asked: Promise<void>[] = []
    for (const record of records) {
      const path = factsPath(record)
      if (path === undefined) continue
      const noted = this.of(path).then((facts) => {
        if (facts !== undefined) found.set(record.sequence, facts)
      })
      asked.push(noted)
    }
    if (asked.length > 0) await this.#inTime(Promise.all(asked))
    // A copy: what becomes known later must not appear under the reader's hands.
    return new Map(found)
  }

  /** Facts of one file; undefined when there are none. Asked twice at once, it is read once. */
  async of(path: string): Promise<FileFacts | undefined> {
    const running = this.#running.get(path)
    if (running !== undefined) return running
    this.#asked += 1
    const isFull = this.#waiting.length >= this.#limits.waitingMax
    if (isFull) return this.#fail('queue_full')
    const work = this.#inTurn(path).finally(() => this.#running.delete(path))
    this.#running.set(path, work)
    return work
  }

  async #inTurn(path: string): Promise<FileFacts | undefined> {
    if (this.#reading >= this.#limits.concurrencyMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#reading += 1
    try {
      return await this.#read(path)
    } finally {
      // The place is handed on, not given up, where somebody waits for it.
      const next = this.#waiting.shift()
      if (next === undefined) this.#reading -= 1
      else next()
    }
  }

  async #read(path: string): Promise<FileFacts | undefined> {
    const file = await openRegular(path)
    if (typeof file === 'string') return this.#fail(file)
    try {
      const remembered = this.#cache.get(file.key)
      if (remembered !== undefined) {
        this.#cached += 1
        await this.#refresh(remembered, { path, file })
        return this.#tell(path, remembered)
      }
      const content = await readContent(file, this.#limits, this.#tools.clock)
      if (typeof content === 'string') return this.#fail(content)
      const attributes = await this.#attributes(path)
      const entry = { content, attributes, changedNs: file.changedNs }
      this.#remember(file.key, entry)
      return this.#tell(path, entry)
    } finally {
      await file.handle.close()
    }
  }

  async #refresh(
    entry: Remembered,
    { path, file }: { readonly path: string; readonly file: OpenFile },
  ): Promise<void> {
    if (entry.changedNs === file.changedNs) return
    entry.attributes = await this.#attributes(path)
    entry.changedNs = file.changedNs
  }

  async #attributes(path: string): Promise<OriginAttributes> {
    return SEALED.test(path) ? {} : originAttributes(this.#tools, path)
  }

  #remember(key: string, entry: Remembered): void {
    this.#cache.set(key, entry)
    if (this.#cache.size <= this.#limits.cacheMax) return
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest)
      return
    }
  }

  #tell(path: string, { content, attributes }: Remembered): FileFacts {
    this.#known += 1
    return { path, ...content, ...attributes }
  }

  #fail(reason: FactsFailure): undefined {
    this.#failed.add(reason)
    return undefined
  }

  async #inTime(work: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#tools.timer.after(this.#limits.waitMsMax, resolve)
      void work.then(() => {
        cancel()
        resolve()
      })
    })
  }
}
