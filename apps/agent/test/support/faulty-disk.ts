import type { FileSystem, OpenFile, OpenMode } from '../../src/spool/file-system.ts'
import type { Dice } from './dice.ts'

/** How likely each fault is, from 0 to 1, and how much room there is. */
export interface Faults {
  /** A write that is cut short with EIO. */
  readonly write: number
  /** A sync that fails and forgets what it did not write. */
  readonly sync: number
  /** A folder's sync that fails. */
  readonly syncFolder: number
  /** Bytes of all files together; beyond it writes are cut short with ENOSPC. */
  readonly capacityBytes: number
}

/** A disk without faults. */
export const SOUND: Faults = {
  write: 0,
  sync: 0,
  syncFolder: 0,
  capacityBytes: Number.POSITIVE_INFINITY,
}

interface Inode {
  /** What a reader sees. */
  content: Buffer
  /** What is left after the power fails, at the least. */
  durable: Buffer
}

const PAGE_BYTES = 512

class DiskError extends Error {
  readonly code: string

  constructor(code: string) {
    super(`${code}: a simulated disk`)
    this.code = code
  }
}

/** Thrown out of every call after the power failed. */
export class PowerLoss extends Error {}

/**
 * A disk in memory that treats what was not synced as disks do: when the power fails, any of its
 * pages may be lost, whatever the order in which they were written, and any name that was made,
 * changed or removed since the folder was synced may be as it was before.
 */
export class FaultyDisk implements FileSystem {
  faults: Faults = SOUND
  /** Calls until the power fails; below zero never. */
  callsLeft = -1
  readonly #dice: Dice
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  #isDead = false

  constructor(dice: Dice) {
    this.#dice = dice
  }

  /** The power fails: what was not synced is lost or not, page by page. */
  crash(): void {
    const names = new Map(this.#durableNames)
    for (const [name, inode] of this.#names) {
      if (names.get(name) !== inode && this.#dice.chance(0.5)) names.set(name, inode)
    }
    for (const name of names.keys()) {
      if (!this.#names.has(name) && this.#dice.chance(0.5)) names.delete(name)
    }
    for (const inode of new Set(names.values())) this.#tear(inode)
    this.#names = names
    this.#durableNames = new Map(names)
    this.#isDead = false
    this.callsLeft = -1
  }

  /** A process is killed: what the system was told stays. */
  kill(): void {
    this.#isDead = false
    this.callsLeft = -1
  }

  /** Paths of all files. */
  paths(): readonly string[] {
    return [...this.#names.keys()]
  }

  /** Whether the power failed and nothing was done about it yet. */
  get isDead(): boolean {
    return this.#isDead
  }

  /** Bytes of all files together. */
  get bytes(): number {
    let bytes = 0
    for (const inode of new Set(this.#names.values())) bytes += inode.content.length
    return bytes
  }

  /** Changes the bytes of a file behind everybody's back. */
  tamper(path: string, change: (bytes: Buffer) => Buffer): void {
    const inode = this.#names.get(path)
    if (inode === undefined) return
    inode.content = change(Buffer.from(inode.content))
    inode.durable = Buffer.from(inode.content)
  }

  /** Takes a file away behind everybody's back. */
  lose(path: string): void {
    this.#names.delete(path)
    this.#durableNames.delete(path)
  }

  async makeFolder(): Promise<void> {
    this.#step()
  }

  async list(folder: string): Promise<readonly string[]> {
    this.#step()
    const prefix = `${folder}/`
    return this.paths()
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length))
  }

  async size(path: string): Promise<number> {
    return this.#find(path).content.length
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    this.#step()
    if (mode !== 'create') return this.#file(this.#find(path))
    if (this.#names.has(path)) throw new DiskError('EEXIST')
    const inode = { content: Buffer.alloc(0), durable: Buffer.alloc(0) }
    this.#names.set(path, inode)
    return this.#file(inode)
  }

  async remove(path: string): Promise<void> {
    this.#step()
    this.#names.delete(path)
  }

  async rename({ from, to }: { readonly from: string; readonly to: string }): Promise<void> {
    this.#step()
    this.#names.set(to, this.#find(from))
    this.#names.delete(from)
  }

  async syncFolder(): Promise<void> {
    this.#step()
    if (this.#dice.chance(this.faults.syncFolder)) throw new DiskError('EIO')
    this.#durableNames = new Map(this.#names)
  }

  async freeBytes(): Promise<number> {
    return Math.max(0, this.faults.capacityBytes - this.bytes)
  }

  #file(inode: Inode): OpenFile {
    return {
      read: async (position, lengthBytes) => {
        this.#step()
        return Buffer.from(inode.content.subarray(position, position + lengthBytes))
      },
      write: async (position, bytes) => this.#write(inode, { position, bytes }),
      sync: async () => this.#sync(inode),
      truncate: async (lengthBytes) => {
        this.#step()
        inode.content = inode.content.subarray(0, lengthBytes)
      },
      close: async () => this.#step(),
    }
  }

  #write(inode: Inode, { position, bytes }: { position: number; bytes: Uint8Array }): void {
    // The power may fail in the middle of it.
    const isLast = this.callsLeft === 0
    const grown = Math.max(0, position + bytes.length - inode.content.length)
    const isFull = this.bytes + grown > this.faults.capacityBytes
    const isFaulty = this.#dice.chance(this.faults.write)
    const part = isLast || isFull || isFaulty ? this.#dice.below(bytes.length + 1) : bytes.length
    const room = isFull ? Math.max(0, this.faults.capacityBytes - this.bytes) : part
    const written = bytes.subarray(0, Math.min(part, room))
    if (!this.#isDead) {
      const content = Buffer.alloc(Math.max(inode.content.length, position + written.length))
      inode.content.copy(content)
      content.set(written, position)
      inode.content = content
    }
    this.#step()
    if (isFull) throw new DiskError('ENOSPC')
    if (isFaulty) throw new DiskError('EIO')
  }

  #sync(inode: Inode): void {
    this.#step()
    if (this.#dice.chance(this.faults.sync)) {
      // Some pages are lost, and all are taken to be clean: the next sync succeeds.
      this.#tear(inode)
      throw new DiskError('EIO')
    }
    inode.durable = Buffer.from(inode.content)
  }

  /** Each page that differs from what is durable is there or not. */
  #tear(inode: Inode): void {
    const { content, durable } = inode
    const length = this.#dice.chance(0.5) ? content.length : durable.length
    const torn = Buffer.alloc(length)
    for (let at = 0; at < length; at += PAGE_BYTES) {
      const from = this.#dice.chance(0.5) ? content : durable
      torn.set(from.subarray(at, Math.min(at + PAGE_BYTES, length)), at)
    }
    inode.content = torn
    inode.durable = Buffer.from(torn)
  }

  #find(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw new DiskError('ENOENT')
    return inode
  }

  #step(): void {
    if (this.#isDead) throw new PowerLoss()
    if (this.callsLeft === 0) {
      this.#isDead = true
      throw new PowerLoss()
    }
    if (this.callsLeft > 0) this.callsLeft -= 1
  }
}
