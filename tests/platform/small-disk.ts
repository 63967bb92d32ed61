/** A disk that is small enough to be filled: a file system in memory, mounted by root on Linux. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const PIECE = Buffer.alloc(64 * 1024)

/** Why no small disk can be had here, or `false`. */
export function smallDiskSkip(folder: string): string | false {
  if (process.platform !== 'linux') return 'needs Linux, to mount a small disk'
  try {
    SmallDisk.mount(folder, PIECE.length).unmount()
    return false
  } catch {
    return 'may not mount a small disk here'
  }
}

export class SmallDisk {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** @throws Error when this user may not mount. */
  static mount(folder: string, bytes: number): SmallDisk {
    mkdirSync(folder, { recursive: true })
    const options = ['-t', 'tmpfs', '-o', `size=${bytes}`, 'pomona-test', folder]
    execFileSync('mount', options, { stdio: 'ignore' })
    return new SmallDisk(folder)
  }

  /** Takes every byte that is left. */
  fill(): void {
    const file = openSync(this.#ballast, 'w')
    try {
      for (;;) if (writeSync(file, PIECE) === 0) return
    } catch (error) {
      const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
      if (!isFull) throw error
    } finally {
      closeSync(file)
    }
  }

  /** Gives back what {@link fill} took. */
  release(): void {
    rmSync(this.#ballast, { force: true })
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder)
    return bavail * bsize
  }

  /** What still uses it keeps what it has open; the folder is empty at once. */
  unmount(): void {
    execFileSync('umount', ['-l', this.folder], { stdio: 'ignore' })
  }

  get #ballast(): string {
    return join(this.folder, 'ballast')
  }
}
