import type { Budget } from '../bytes/budget.ts'
import { type ByteSource, checkRange } from './source.ts'
import { truncated } from './stop.ts'

/** A run of bytes on a disk; without `from` they are zeros. */
export interface ByteRun {
  readonly from?: number
  readonly length: number
}

/** A file that lies on a disk in runs. */
export class ExtentSource implements ByteSource {
  readonly length: number
  readonly #disk: ByteSource
  readonly #runs: readonly ByteRun[]
  readonly #starts: readonly number[]
  readonly #budget: Budget

  constructor(
    disk: ByteSource,
    { size, runs }: { readonly size: number; readonly runs: readonly ByteRun[] },
    budget: Budget,
  ) {
    this.length = size
    this.#disk = disk
    this.#runs = runs
    let at = 0
    this.#starts = runs.map(({ length }) => (at += length) - length)
    this.#budget = budget
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(this.length, { offset, length })
    const end = offset + length
    const first = this.#indexAt(offset)
    const run = this.#runs[first]
    const start = this.#starts[first] ?? 0
    // One run is the usual case, and needs no copy.
    if (run?.from !== undefined && offset >= start && end <= start + run.length) {
      return this.#disk.read(run.from + offset - start, length)
    }
    const target = new Uint8Array(length)
    let at = offset
    for (let index = first; at < end; index++) {
      const part = this.#runs[index]
      if (part === undefined) throw truncated(`Of ${length} bytes ${at - offset} are on the disk.`)
      this.#budget.spendSteps()
      const inside = at - (this.#starts[index] ?? 0)
      const count = Math.min(end - at, part.length - inside)
      if (part.from !== undefined) {
        target.set(this.#disk.read(part.from + inside, count), at - offset)
      }
      at += count
    }
    return target
  }

  /** The last run that begins at or before an offset. */
  #indexAt(offset: number): number {
    let [low, high] = [0, this.#starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? Infinity) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
