import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'

/** How a file is opened: made anew, to be read, or to be written on. */
export type OpenMode = 'create' | 'read' | 'update'

/** An open file. Everything rejects with the system's error, whose `code` tells what it was. */
export interface OpenFile {
  /** @returns As many bytes as there are; fewer than asked for at the end of the file. */
  read(position: number, lengthBytes: number): Promise<Uint8Array>
  /** Writes all of them, or rejects; then some may be written. */
  write(position: number, bytes: Uint8Array): Promise<void>
  /** Resolves when everything written is on stable storage. */
  sync(): Promise<void>
  truncate(lengthBytes: number): Promise<void>
  close(): Promise<void>
}

/** What the spool needs of a disk. Tests hand in one that fails as disks do. */
export interface FileSystem {
  /** Makes a folder that only its owner may enter; one that is there already is fine. */
  makeFolder(path: string): Promise<void>
  /** Names of the files in a folder. */
  list(path: string): Promise<readonly string[]>
  size(path: string): Promise<number>
  open(path: string, mode: OpenMode): Promise<OpenFile>
  /** Removes a file; one that is gone already is fine. */
  remove(path: string): Promise<void>
  rename(path: { readonly from: string; readonly to: string }): Promise<void>
  /** Resolves when the names in a folder are on stable storage. */
  syncFolder(path: string): Promise<void>
  /** Bytes that may still be written on the disk of a folder. */
  freeBytes(path: string): Promise<number>
}

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants
// Whoever can put a link into the folder is root, but a link is never what was put there by us.
const FLAGS: Readonly<Record<OpenMode, number>> = {
  create: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
  read: O_RDONLY | O_NOFOLLOW,
  update: O_RDWR | O_NOFOLLOW,
}

/** The machine's own disk. */
export const systemFileSystem: FileSystem = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE })
  },
  async list(path) {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  },
  async size(path) {
    return (await stat(path)).size
  },
  async open(path, mode) {
    return new SystemFile(await open(path, FLAGS[mode], FILE_MODE))
  },
  remove: (path) => rm(path, { force: true }),
  rename: ({ from, to }) => rename(from, to),
  async syncFolder(path) {
    const folder = await open(path, O_RDONLY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  },
}

class SystemFile implements OpenFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async read(position: number, lengthBytes: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(lengthBytes)
    let length = 0
    while (length < lengthBytes) {
      const rest = lengthBytes - length
      const { bytesRead } = await this.#handle.read(buffer, length, rest, position + length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  }

  async write(position: number, bytes: Uint8Array): Promise<void> {
    let done = 0
    while (done < bytes.length) {
      const rest = bytes.length - done
      const { bytesWritten } = await this.#handle.write(bytes, done, rest, position + done)
      done += bytesWritten
    }
  }

  sync(): Promise<void> {
    return this.#handle.sync()
  }

  truncate(lengthBytes: number): Promise<void> {
    return this.#handle.truncate(lengthBytes)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}
