import { join } from 'node:path'
import { hourOf } from '../ledger/book.ts'
import { instant, LedgerEntry } from '../ledger/entry.ts'
import { type ReadAccounts, readAccounts } from './accounts.ts'
import type { FileSystem } from './file-system.ts'
import { segmentOf, segmentPath, SegmentReader } from './segment-file.ts'
import { type Change, SpoolState } from './state.ts'
import { Tally } from './tally.ts'

/*
 * What a sensor had read waits up to this long before it is in the hands of the spool, and is gone
 * as well when the agent is killed.
 */
const QUEUE_MS = 1_000

/** What a folder holds when the agent starts. */
export interface Recovered {
  readonly state: SpoolState
  /** Number of the newest account file. */
  readonly generation: number
  /** What has to be said of the time before, not durable yet. */
  readonly changes: readonly Change[]
  /** Whether the accounts were damaged and made good from the segments. */
  readonly isSalvaged: boolean
}

/** Where a spool lies, and what a new one is to be called. */
export interface RecoveryOptions {
  readonly fileSystem: FileSystem
  readonly folder: string
  readonly nowMs: number
  /** Name of the spool in case it has to begin anew. */
  readonly installation: string
}

/**
 * Reads what is durable. Files that the accounts do not know were never claimed to be durable and
 * go; segments that the accounts know and that are gone count as dropped.
 */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { fileSystem, folder, nowMs, installation } = options
  const read = await readAccounts(fileSystem, folder)
  const names = await fileSystem.list(folder)
  const files = new Set(names.flatMap((name) => segmentOf(name) ?? []))
  for (const name of names) if (name.endsWith('.draft')) await fileSystem.remove(join(folder, name))
  const isSalvaged = read.isDamaged || (read.state === undefined && files.size > 0)
  const state = isSalvaged
    ? await salvage(options, { read, files })
    : (read.state ?? new SpoolState({ installation, atMs: nowMs }))
  const changes: Change[] = []
  for (const id of state.segments.keys()) {
    if (!files.has(id)) changes.push({ kind: 'gone', segment: id, reason: 'file_missing' })
  }
  for (const id of files) {
    if (!state.segments.has(id)) await fileSystem.remove(segmentPath(folder, id))
    // A number is never used twice.
    state.segmentNext = Math.max(state.segmentNext, id + 1)
  }
  changes.push(...unobserved(state, { nowMs, isSalvaged }))
  return { state, generation: read.generation, changes, isSalvaged }
}

interface Found {
  readonly read: ReadAccounts
  readonly files: ReadonlySet<number>
}

/*
 * The accounts are damaged: their readable beginning is taken and what whole groups lie beyond it
 * in the segments. Rows of the ledger may have been told that are not known here, so that its chain
 * cannot be gone on with: another one begins, with what is held as all that was sensed.
 */
async function salvage(options: RecoveryOptions, { read, files }: Found): Promise<SpoolState> {
  const { fileSystem, folder, nowMs, installation } = options
  const before = read.state
  const state = new SpoolState({ installation, atMs: before?.atMs ?? nowMs })
  state.commit = before?.commit ?? 0
  state.sensors = before?.sensors ?? []
  state.isEnded = false
  if (before !== undefined) {
    for (const [epoch, known] of before.epochs) state.epochs.set(epoch, known)
    state.settled = before.settled
    state.offered = before.offered
  }
  for (const id of [...files].toSorted((a, b) => a - b)) {
    const reader = new SegmentReader(fileSystem, { folder, id })
    const known = before?.segments.get(id)
    const tally = known?.left ?? new Tally()
    const sizeBytes = await fileSystem.size(segmentPath(folder, id))
    let endBytes = known?.bytes ?? 0
    for (;;) {
      const group = await reader.nextGroup(sizeBytes)
      if (group === undefined) break
      if (group.endBytes <= endBytes) continue
      tally.addAll(Tally.of(group.header.tally))
      endBytes = group.endBytes
      state.commit = Math.max(state.commit, group.header.commit)
    }
    const header = reader.header
    if (header !== undefined) {
      const { epoch, streamId, bootId } = header
      state.epochs.set(epoch, { epoch, streamId, bootId })
    }
    const priority = known?.priority ?? header?.priority
    const epoch = known?.epoch ?? header?.epoch
    if (priority === undefined || epoch === undefined || tally.total === 0) continue
    state.segments.set(id, { id, priority, epoch, bytes: endBytes, left: tally })
    for (const { sensor, hourMs, count } of tally.entries()) {
      state.book.at(sensor, hourMs).sensed += count
    }
  }
  return state
}

/** The time between what is durable and now, of every sensor that was watched. */
function unobserved(
  state: SpoolState,
  { nowMs, isSalvaged }: { readonly nowMs: number; readonly isSalvaged: boolean },
): readonly Change[] {
  const marginMs = state.isEnded ? 0 : QUEUE_MS
  // A clock that was set back gives no span; the restart is told all the same.
  const fromMs = Math.min(state.atMs - marginMs, nowMs)
  const stopped = state.isEnded ? 'agent_stopped' : 'agent_killed'
  const reason = isSalvaged ? 'accounts_damaged' : stopped
  return state.sensors.map((sensor) => {
    const entry = new LedgerEntry()
    entry.miss({ from: instant(fromMs), to: instant(nowMs), reason })
    return { kind: 'count', sensor, hourMs: hourOf(fromMs), entry: entry.state() }
  })
}
