import type { HostShare, IncidentLimits } from './limits.ts'
import type { ProcessNode } from './node.ts'

/** Who wrote a file, and from which other remembered file it was made. */
export interface WrittenFile {
  readonly writer: ProcessNode
  readonly atMs: number
  /** Path it was renamed, copied or unpacked from, where that is remembered too. */
  readonly from: string | undefined
}

// A copy is read just before it is written.
const COPY_SPAN_MS = 60_000

/** Bounds, and who has to know that one file less points to its writer. */
export interface TrailOptions {
  readonly limits: IncidentLimits
  readonly share: HostShare
  readonly release: (writer: ProcessNode) => void
}

/** The files written on one host of late, newest last. */
export class FileTrail {
  readonly #limits: IncidentLimits
  readonly #share: HostShare
  readonly #release: (writer: ProcessNode) => void
  readonly #files = new Map<string, WrittenFile>()
  #evicted = 0
  #refused = 0

  constructor({ limits, share, release }: TrailOptions) {
    this.#limits = limits
    this.#share = share
    this.#release = release
  }

  get counts(): { readonly held: number; readonly evicted: number; readonly refused: number } {
    return { held: this.#files.size, evicted: this.#evicted, refused: this.#refused }
  }

  find(path: string): WrittenFile | undefined {
    return this.#files.get(path)
  }

  entries(): Iterable<[string, WrittenFile]> {
    return this.#files
  }

  /** Notes a file that a process wrote. `source` is the file it says it was made from. */
  wrote(path: string, writer: ProcessNode, at: { atMs: number; source?: string }): void {
    const known = this.#files.get(path)
    if (known?.writer === writer && at.source === undefined) return
    if (known === undefined && writer.filesWritten >= this.#limits.filesPerProcessMax) {
      this.#refused += 1
      return
    }
    const from = at.source ?? readBefore(writer, at.atMs)
    if (known !== undefined) this.#forget(path, known)
    const isRemembered = from !== undefined && from !== path && this.#files.has(from)
    this.#files.set(path, { writer, atMs: at.atMs, from: isRemembered ? from : undefined })
    writer.references += 1
    writer.filesWritten += 1
    this.trim()
  }

  /** Forgets the oldest files beyond the host's share. */
  trim(): void {
    for (const [path, file] of this.#files) {
      if (this.#files.size <= this.#share.filesMax) return
      this.#forget(path, file)
      this.#evicted += 1
    }
  }

  /** Notes that a process opened a file, when it is one of these. */
  read(path: string, reader: ProcessNode, atMs: number): void {
    if (this.#files.has(path)) reader.lastRead = { path, atMs }
  }

  /** Forgets what a process wrote. */
  forgetWriter(writer: ProcessNode): void {
    if (writer.filesWritten === 0) return
    for (const [path, file] of this.#files) if (file.writer === writer) this.#forget(path, file)
  }

  /** Takes a file from saved state. */
  restore(path: string, file: WrittenFile): void {
    this.#files.set(path, file)
  }

  #forget(path: string, file: WrittenFile): void {
    this.#files.delete(path)
    file.writer.filesWritten -= 1
    this.#release(file.writer)
  }
}

function readBefore({ lastRead }: ProcessNode, atMs: number): string | undefined {
  if (lastRead === undefined || atMs - lastRead.atMs > COPY_SPAN_MS) return undefined
  return lastRead.path
}
