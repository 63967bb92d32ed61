import { join } from 'node:path'
import { hourOf } from '../ledger/book.ts'
import { instant, LedgerEntry } from '../ledger/entry.ts'
import { readAccounts } from './accounts.ts'
import type { FileSystem } from './file-system.ts'
import { type GroupHeader, segmentOf, segmentPath, SegmentReader } from './segment-file.ts'
import { type Change, type EpochState, type Segment, SpoolState } from './state.ts'
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

/** A whole group that the accounts do not know of. */
interface Stray {
  readonly segment: number
  readonly about: Pick<Segment, 'priority' | 'epoch'>
  readonly epochState: EpochState | undefined
  readonly header: GroupHeader
  readonly endBytes: number
}

/**
 * Reads what is durable. Groups that were written whole and whose record the accounts do not have
 * are taken in as well; other files that the accounts do not know go; segments that they know and
 * that are gone count as dropped.
 */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { fileSystem, folder, nowMs, installation } = options
  const read = await readAccounts(fileSystem, folder)
  const names = await fileSystem.list(folder)
  for (const name of names) if (name.endsWith('.draft')) await fileSystem.remove(join(folder, name))
  const files = names.flatMap((name) => segmentOf(name) ?? []).toSorted((a, b) => a - b)
  const fresh = new SpoolState({ installation, atMs: nowMs })
  const found = read.state ?? fresh
  const strays = await straysOf(options, { state: found, files })
  // A commit is begun when the one before is durable: what is two ahead tells of lost records.
  const isAhead = strays.some(({ header }) => header.commit > found.commit + 1)
  const isSalvaged = read.isDamaged || isAhead || (read.state === undefined && strays.length > 0)
  const state = isSalvaged ? beginAnew(found, fresh) : found
  const changes = adopted(strays, { state, isSalvaged })
  for (const id of state.segments.keys()) {
    if (!files.includes(id)) changes.push({ kind: 'gone', segment: id, reason: 'file_missing' })
  }
  const kept = new Set([...state.segments.keys(), ...changes.flatMap(segmentsOf)])
  for (const id of files) {
    if (!kept.has(id)) await fileSystem.remove(segmentPath(folder, id))
    // A number is never used twice.
    state.segmentNext = Math.max(state.segmentNext, id + 1)
  }
  changes.push(...unobserved(state, { nowMs, isSalvaged }))
  return { state, generation: read.generation, changes, isSalvaged }
}

function segmentsOf(change: Change): readonly number[] {
  return change.kind === 'frame' ? [change.segment] : []
}

interface Found {
  readonly state: SpoolState
  readonly files: readonly number[]
}

/** Whole groups that lie beyond what the accounts say, in order. */
async function straysOf(
  { fileSystem, folder }: RecoveryOptions,
  { state, files }: Found,
): Promise<readonly Stray[]> {
  const strays: Stray[] = []
  for (const id of files) {
    const known = state.segments.get(id)
    const reader = new SegmentReader(fileSystem, { folder, id, at: known?.bytes ?? 0 })
    const sizeBytes = await fileSystem.size(segmentPath(folder, id))
    for (;;) {
      const group = await reader.nextGroup(sizeBytes)
      if (group === undefined) break
      const about = known ?? reader.header
      const { header, endBytes } = group
      // A segment that does not say what it is was never written to its second frame.
      if (about === undefined || header.commit <= state.commit) continue
      strays.push({ segment: id, about, epochState: epochOf(reader), header, endBytes })
    }
    await reader.close()
  }
  return strays
}

function epochOf({ header }: SegmentReader): EpochState | undefined {
  if (header === undefined) return undefined
  const { epoch, streamId, run, bootId } = header
  return { epoch, streamId, run, bootId }
}

/** Takes groups in, each once: one that could not be synced was written again elsewhere. */
function adopted(
  strays: readonly Stray[],
  { state, isSalvaged }: { readonly state: SpoolState; readonly isSalvaged: boolean },
): Change[] {
  const last = new Map<string, number>()
  return strays.flatMap(({ segment, about, epochState, header, endBytes }): Change[] => {
    const { priority, epoch } = about
    const lane = `${priority} ${epoch}`
    if (header.first <= (last.get(lane) ?? -1)) return []
    last.set(lane, header.last)
    if (epochState !== undefined) state.epochs.set(epoch, epochState)
    if (isSalvaged) state.commit = Math.max(state.commit, header.commit)
    return [{ kind: 'frame', segment, priority, epoch, endBytes, tally: header.tally }]
  })
}

/*
 * The accounts are damaged: their readable beginning is taken. Rows of the ledger may have been
 * told that are not known here, so that its chain cannot be gone on with: another one begins, with
 * what is held as all that was sensed.
 */
function beginAnew(before: SpoolState, fresh: SpoolState): SpoolState {
  fresh.commit = before.commit
  fresh.atMs = before.atMs
  fresh.sensors = before.sensors
  fresh.isEnded = false
  fresh.settled = before.settled
  fresh.offered = before.offered
  for (const [epoch, known] of before.epochs) fresh.epochs.set(epoch, known)
  for (const [id, segment] of before.segments) {
    fresh.segments.set(id, { ...segment, left: Tally.of(segment.left.rows()) })
    for (const { sensor, hourMs, count } of segment.left.entries()) {
      fresh.book.at(sensor, hourMs).sensed += count
    }
  }
  return fresh
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
