import type { Budget } from '../../bytes/budget.ts'
import { unpackAdc } from '../../compression/adc.ts'
import { unpackBzip2 } from '../../compression/bzip2.ts'
import type { Decoded } from '../../compression/decoded.ts'
import { unpackLzfse } from '../../compression/lzfse.ts'
import { unpackXz } from '../../compression/xz.ts'
import { unpackZlib } from '../../compression/zlib.ts'
import { type ByteSource, checkRange, peek } from '../source.ts'
import { damaged, unsupported } from '../stop.ts'
import { RUN, type UdifRun } from './blocks.ts'

/** Unpacked runs kept, so that neighbouring files do not unpack one again. */
const CACHE_BYTES_MAX = 33_554_432
/** Images are written in runs of at most some megabytes. */
const RUN_BYTES_MAX = 134_217_728
const STEP_BYTES = 4_096

const UNPACKERS: Readonly<Record<number, (packed: Uint8Array, bytesMax: number) => Decoded>> = {
  [RUN.adc]: unpackAdc,
  [RUN.zlib]: unpackZlib,
  [RUN.bzip2]: unpackBzip2,
  [RUN.lzfse]: unpackLzfse,
  [RUN.xz]: unpackXz,
}

/** The disk in an image: runs are unpacked as they are read. */
export class UdifImage implements ByteSource {
  readonly length: number
  readonly #fork: ByteSource
  readonly #runs: readonly UdifRun[]
  readonly #budget: Budget
  readonly #cache = new Map<UdifRun, Uint8Array>()
  #cachedBytes = 0

  /** @param fork The data fork, in which the packed bytes are. */
  constructor(fork: ByteSource, runs: readonly UdifRun[], budget: Budget) {
    this.#fork = fork
    this.#runs = runs.filter(({ length }) => length > 0).toSorted((a, b) => a.offset - b.offset)
    this.#budget = budget
    this.length = this.#runs.reduce((end, run) => Math.max(end, run.offset + run.length), 0)
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(this.length, { offset, length })
    if (length === 0) return new Uint8Array()
    this.#budget.spendSteps(1 + Math.floor(length / STEP_BYTES))
    const first = this.#indexAt(offset)
    const run = this.#runs[first]
    if (run !== undefined && isPacked(run) && offset + length <= run.offset + run.length) {
      const from = offset - run.offset
      if (from >= 0) return this.#bytesOf(run).subarray(from, from + length)
    }
    return this.#gather({ offset, length, first })
  }

  #gather({ offset, length, first }: Gathering): Uint8Array {
    const target = new Uint8Array(length)
    const end = offset + length
    for (let index = first; index < this.#runs.length; index++) {
      const run = this.#runs[index]
      if (run === undefined || run.offset >= end) break
      const from = Math.max(offset, run.offset)
      const to = Math.min(end, run.offset + run.length)
      if (to <= from || run.type === RUN.zero || run.type === RUN.ignored) continue
      this.#budget.spendSteps()
      const part = isPacked(run)
        ? this.#bytesOf(run).subarray(from - run.offset, to - run.offset)
        : this.#plain(run, { offset: from, length: to - from })
      target.set(part, from - offset)
    }
    return target
  }

  /** A plain run is read in part: old images have one for the whole disk. */
  #plain(run: UdifRun, { offset, length }: { readonly offset: number; readonly length: number }) {
    return this.#fork.read(run.packedAt + offset - run.offset, length)
  }

  /** The last run that begins at or before an offset. */
  #indexAt(offset: number): number {
    let [low, high] = [0, this.#runs.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#runs[middle]?.offset ?? Infinity) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  #bytesOf(run: UdifRun): Uint8Array {
    const known = this.#cache.get(run)
    if (known !== undefined) return known
    if (run.length > RUN_BYTES_MAX) throw damaged(`A run of ${run.length} bytes is absurd.`)
    const unpack = UNPACKERS[run.type]
    if (unpack === undefined) throw unsupported(`Runs of type ${run.type} are not read.`)
    this.#budget.spendSteps(1 + Math.floor(run.length / STEP_BYTES))
    const packed = peek(this.#fork, { offset: run.packedAt, length: run.packedBytes })
    const { bytes, problem } = unpack(packed, run.length)
    if (problem !== undefined) throw damaged(`The image at ${run.offset} is ${problem}.`)
    // A run may hold less than its sectors; the rest is empty.
    const whole = bytes.length === run.length ? bytes : padded(bytes, run.length)
    this.#keep(run, whole)
    return whole
  }

  #keep(run: UdifRun, bytes: Uint8Array): void {
    this.#cache.set(run, bytes)
    this.#cachedBytes += bytes.length
    for (const [oldest, held] of this.#cache) {
      if (this.#cachedBytes <= CACHE_BYTES_MAX || oldest === run) break
      this.#cache.delete(oldest)
      this.#cachedBytes -= held.length
    }
  }
}

interface Gathering {
  readonly offset: number
  readonly length: number
  readonly first: number
}

function isPacked({ type }: UdifRun): boolean {
  return type !== RUN.zero && type !== RUN.plain && type !== RUN.ignored
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length)
  whole.set(bytes)
  return whole
}
