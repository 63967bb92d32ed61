import { join } from 'node:path'
import type { FileSystem, OpenFile } from './file-system.ts'
import { decodeFrame, encodeFrame, nextFrame } from './frame.ts'
import { Commit, Snapshot, SpoolState } from './state.ts'

/** Bytes after which an account file is followed by a shorter one. */
const ROTATE_BYTES = 1024 * 1024
/** Bytes of an account file that are read; ours are far shorter. */
const READ_BYTES_MAX = 64 * 1024 * 1024
const NAME = /^accounts-(\d{1,15})$/

/** What the account files of a folder say. */
export interface ReadAccounts {
  /** Absent when there is no file that can be read. */
  readonly state: SpoolState | undefined
  /** Whether something of them could not be read that once was durable. */
  readonly isDamaged: boolean
  /** Highest number of a file; 0 when there is none. */
  readonly generation: number
}

interface Played {
  readonly state: SpoolState
  readonly isDamaged: boolean
}

/** Finds the newest readable account file and plays it. */
export async function readAccounts(fileSystem: FileSystem, folder: string): Promise<ReadAccounts> {
  const generations = await generationsOf(fileSystem, folder)
  let isDamaged = false
  const newest = Math.max(0, ...generations)
  for (const generation of generations.toSorted((a, b) => b - a)) {
    const played = play(await readWhole(fileSystem, pathOf(folder, generation)))
    if (played !== undefined) {
      return { ...played, isDamaged: isDamaged || played.isDamaged, generation: newest }
    }
    isDamaged = true
  }
  return { state: undefined, isDamaged, generation: newest }
}

async function generationsOf(fileSystem: FileSystem, folder: string): Promise<readonly number[]> {
  const names = await fileSystem.list(folder)
  return names.flatMap((name) => {
    const digits = NAME.exec(name)?.[1]
    return digits === undefined ? [] : [Number(digits)]
  })
}

function pathOf(folder: string, generation: number): string {
  return join(folder, `accounts-${generation}`)
}

async function readWhole(fileSystem: FileSystem, path: string): Promise<Buffer> {
  const file = await fileSystem.open(path, 'read')
  try {
    const bytes = await file.read(0, Math.min(await fileSystem.size(path), READ_BYTES_MAX))
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  } finally {
    await file.close()
  }
}

/** A file is a snapshot, then commits that follow on it. */
function play(bytes: Buffer): Played | undefined {
  const first = decodeFrame(bytes)
  const snapshot = first === undefined ? undefined : Snapshot.safeParse(first.header)
  if (first === undefined || snapshot?.success !== true) return undefined
  const state = SpoolState.of(snapshot.data)
  let at = first.lengthBytes
  for (;;) {
    const frame = decodeFrame(bytes, at)
    const commit = frame === undefined ? undefined : Commit.safeParse(frame.header)
    if (frame === undefined || commit?.success !== true) break
    if (commit.data.commit !== state.commit + 1) break
    state.apply(commit.data)
    at += frame.lengthBytes
  }
  return { state, isDamaged: hasCommitAfter(bytes, { at, commit: state.commit }) }
}

interface Stop {
  readonly at: number
  readonly commit: number
}

/*
 * A write that was cut off leaves a torn end. A later commit behind the place where reading stopped
 * means that something in between was damaged after it had been durable.
 */
function hasCommitAfter(bytes: Buffer, { at, commit }: Stop): boolean {
  for (let next = nextFrame(bytes, at - 1); next >= 0; next = nextFrame(bytes, next)) {
    const frame = decodeFrame(bytes, next)
    const later = frame === undefined ? undefined : Commit.safeParse(frame.header)
    if (later?.success === true && later.data.commit > commit) return true
  }
  return false
}

/**
 * The file that says what is durable. A commit is when its record is: what segments hold beyond
 * what the accounts say does not exist.
 */
export class Accounts {
  readonly #fileSystem: FileSystem
  readonly #folder: string
  #generation: number
  #file: OpenFile | undefined
  #bytes = 0
  /** Bytes of the snapshot the file began with. */
  #bytesBegun = 0

  constructor(place: { fileSystem: FileSystem; folder: string; generation: number }) {
    this.#fileSystem = place.fileSystem
    this.#folder = place.folder
    this.#generation = place.generation
  }

  /** Bytes of the current file. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Makes a commit durable that follows on the state.
   *
   * @throws The error of the system; then the commit is not claimed to be durable.
   */
  async write(state: SpoolState, commit: Commit): Promise<void> {
    const record = encodeFrame(commit)
    if (this.#file === undefined || this.#bytes - this.#bytesBegun > ROTATE_BYTES) {
      await this.#begin([encodeFrame(state.snapshot()), record])
      return
    }
    // What a failed write leaves behind is written over by the next one.
    await this.#file.write(this.#bytes, record)
    try {
      await this.#file.sync()
    } catch (error) {
      // A failed sync may have thrown away what it could not write, and the next one would succeed:
      // nothing is known of this file any more.
      await this.#abandon()
      throw error
    }
    this.#bytes += record.length
  }

  async close(): Promise<void> {
    await this.#abandon()
  }

  // The new file has another name until it is whole, and the old one goes when the new one is found
  // under its name.
  async #begin([snapshot, record]: readonly [Buffer, Buffer]): Promise<void> {
    const fileSystem = this.#fileSystem
    const generation = this.#generation + 1
    const path = pathOf(this.#folder, generation)
    const draft = `${path}.draft`
    await fileSystem.remove(draft)
    const file = await fileSystem.open(draft, 'create')
    try {
      await file.write(0, Buffer.concat([snapshot, record]))
      await file.sync()
      await fileSystem.rename({ from: draft, to: path })
      // From here on the file may be found by its name, whatever happens next.
      this.#generation = generation
      await fileSystem.syncFolder(this.#folder)
    } catch (error) {
      await file.close().catch(() => undefined)
      throw error
    }
    await this.#abandon()
    this.#file = file
    this.#bytes = snapshot.length + record.length
    this.#bytesBegun = snapshot.length
    await this.#removeOlder()
  }

  // An older file that stays is passed over; it goes another time.
  async #removeOlder(): Promise<void> {
    try {
      for (const old of await generationsOf(this.#fileSystem, this.#folder)) {
        if (old < this.#generation) await this.#fileSystem.remove(pathOf(this.#folder, old))
      }
    } catch {
      return
    }
  }

  async #abandon(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    // What is closed was synced or is written anew: an error here changes nothing.
    await file?.close().catch(() => undefined)
  }
}
