import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { type Clock, formatTime } from '@pomona/schema'
import type { FactsFailure, FileFacts } from './facts.ts'

/** Bounds of reading one file. */
export interface ReadLimits {
  /** Larger files are not hashed. */
  readonly fileBytesMax: number
  /** Reading takes no longer; a slow file is given up. */
  readonly readMsMax: number
}

/** A file that is open and what it is, before anything of it is read. */
export interface OpenFile {
  readonly handle: FileHandle
  /**
   * Volume, inode, both times of change and size: the same content and attributes as long as all
   * are. The time of change of the inode is in it because anybody can set the other one back.
   */
  readonly key: string
  readonly device: bigint
  readonly inode: bigint
  readonly size: number
  readonly mtimeNs: bigint
}

const HEADER_BYTES = 16
const CHUNK_BYTES = 256 * 1024
const NS_PER_MS = 1_000_000n

/**
 * Opens a regular file for reading and nothing else: no link is followed, no pipe is waited for.
 *
 * @returns Why not, where it is none.
 */
export async function openRegular(path: string): Promise<OpenFile | FactsFailure> {
  let handle: FileHandle
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants
    handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
  } catch (error) {
    return failureOf(error)
  }
  try {
    const stat = await handle.stat({ bigint: true })
    if (!stat.isFile()) {
      await closeQuietly(handle)
      return 'not_regular'
    }
    const { dev, ino, mtimeNs, size } = stat
    return { handle, key: keyOf(stat), device: dev, inode: ino, size: Number(size), mtimeNs }
  } catch {
    await closeQuietly(handle)
    return 'unreadable'
  }
}

/** Closes a file. A file system may refuse even that, and nothing is lost by it. */
export async function closeQuietly(handle: FileHandle): Promise<void> {
  await handle.close().catch(() => undefined)
}

/** Whether a path still leads to a file, itself and not by a link. */
export async function isStillAt(
  path: string,
  { device, inode }: Pick<OpenFile, 'device' | 'inode'>,
): Promise<boolean> {
  try {
    const { dev, ino } = await lstat(path, { bigint: true })
    return dev === device && ino === inode
  } catch {
    return false
  }
}

/** Reads the content of an open file, as far as the bounds allow. The caller closes it. */
export async function readContent(
  file: OpenFile,
  limits: ReadLimits,
  clock: Clock,
): Promise<Pick<FileFacts, 'sha256' | 'headerBytes' | 'size' | 'mtime'> | FactsFailure> {
  const endNs = clock.monotonicNs() + BigInt(limits.readMsMax) * NS_PER_MS
  const isWhole = file.size <= limits.fileBytesMax
  const buffer = Buffer.alloc(isWhole ? Math.min(CHUNK_BYTES, file.size + 1) : HEADER_BYTES)
  const hash = createHash('sha256')
  let headerBytes = ''
  let at = 0
  try {
    for (;;) {
      const { bytesRead } = await file.handle.read(buffer, 0, buffer.length, at)
      if (at === 0) {
        headerBytes = buffer.toString('hex', 0, Math.min(bytesRead, HEADER_BYTES))
      }
      at += bytesRead
      if (bytesRead === 0 || !isWhole) break
      // It grows while it is read.
      if (at > file.size) return 'changed'
      hash.update(buffer.subarray(0, bytesRead))
      if (clock.monotonicNs() > endNs) return 'too_slow'
    }
    if (keyOf(await file.handle.stat({ bigint: true })) !== file.key) return 'changed'
  } catch {
    return 'unreadable'
  }
  return {
    ...(isWhole && { sha256: hash.digest('hex') }),
    headerBytes,
    size: file.size,
    mtime: formatTime(file.mtimeNs),
  }
}

function keyOf({ dev, ino, mtimeNs, ctimeNs, size }: BigIntStats): string {
  return `${dev}-${ino}-${mtimeNs}-${ctimeNs}-${size}`
}

function failureOf(error: unknown): FactsFailure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'missing'
    case 'EACCES':
    case 'EPERM':
      return 'not_permitted'
    case 'ELOOP':
    case 'EISDIR':
    case 'ENXIO':
    case 'ENODEV':
      return 'not_regular'
    default:
      return 'unreadable'
  }
}
