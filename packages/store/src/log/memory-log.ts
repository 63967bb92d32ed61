import type { HostId, TenantId } from '@pomona/schema'
import { StoreError } from '../errors.ts'
import type { AppendResult, Log, LogAppend, LogEntry, LogReadOptions, StreamTotal } from './log.ts'
import { assertAppend, judge, type StoredRange } from './range.ts'

/** Bounds of the log in memory. */
export interface MemoryLogOptions {
  readonly entriesMax?: number
  readonly bytesMax?: number
}

/**
 * A log in memory, naive on purpose: the measure for the others, and for tests that need no disk.
 */
export function openMemoryLog(options: MemoryLogOptions = {}): Log {
  return new MemoryLog(options)
}

class MemoryLog implements Log {
  readonly #entries: LogEntry[] = []
  readonly #totals = new Map<string, StreamTotal>()
  readonly #entriesMax: number
  readonly #bytesMax: number
  #bytes = 0
  #closed = false

  constructor({ entriesMax = 1_000_000, bytesMax = 1024 * 1024 * 1024 }: MemoryLogOptions) {
    this.#entriesMax = entriesMax
    this.#bytesMax = bytesMax
  }

  async append(entry: LogAppend): Promise<AppendResult> {
    this.#assertOpen()
    assertAppend(entry)
    const known = judge(entry, (sequence) => this.#lookup(entry, sequence))
    if (known !== undefined) return known
    const bytes = this.#bytes + entry.payload.length
    if (this.#entries.length >= this.#entriesMax || bytes > this.#bytesMax) {
      throw new StoreError('ERR_LOG_FULL', 'The log has reached its limit.', {
        details: { bytes, bytes_max: this.#bytesMax },
      })
    }
    const offset = this.#entries.length
    const { delivered = entry.eventsCount, epoch, ...kept } = entry
    this.#entries.push({ ...kept, payload: entry.payload.slice(), offset })
    this.#bytes = bytes
    this.#count({ ...entry, delivered, ...(epoch !== undefined && { epoch }) })
    return { status: 'stored', offset }
  }

  #count(entry: LogAppend & { readonly delivered: number }): void {
    const { tenantId, hostId, streamId } = entry
    const key = JSON.stringify([tenantId, hostId, streamId])
    const known = this.#totals.get(key)
    const epoch = entry.epoch ?? known?.epoch
    this.#totals.set(key, {
      streamId,
      ...(epoch !== undefined && { epoch }),
      entries: (known?.entries ?? 0) + 1,
      delivered: (known?.delivered ?? 0) + entry.delivered,
      events: (known?.events ?? 0) + entry.eventsCount,
    })
  }

  async streams(tenantId: TenantId, hostId: HostId): Promise<readonly StreamTotal[]> {
    this.#assertOpen()
    const prefix = JSON.stringify([tenantId, hostId]).slice(0, -1)
    return [...this.#totals]
      .filter(([key]) => key.startsWith(`${prefix},`))
      .map(([, total]) => total)
      .toSorted((a, b) => (a.streamId < b.streamId ? -1 : 1))
  }

  #lookup(of: LogAppend, sequence: number): StoredRange | undefined {
    let found: LogEntry | undefined
    for (const entry of this.#entries) {
      if (!sameStream(entry, of) || entry.firstSequence > sequence) continue
      if (found === undefined || entry.firstSequence > found.firstSequence) found = entry
    }
    return found
  }

  async read(offset: number, { entriesMax, bytesMax }: LogReadOptions): Promise<LogEntry[]> {
    this.#assertOpen()
    const read: LogEntry[] = []
    let bytes = 0
    for (const entry of this.#entries.slice(Math.max(0, offset))) {
      bytes += entry.payload.length
      if (read.length > 0 && (read.length >= entriesMax || bytes > bytesMax)) break
      read.push(entry)
    }
    return read
  }

  async end(): Promise<number> {
    this.#assertOpen()
    return this.#entries.length
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', 'The log is closed.')
  }
}

function sameStream(a: LogAppend, b: LogAppend): boolean {
  return a.streamId === b.streamId && a.hostId === b.hostId && a.tenantId === b.tenantId
}
