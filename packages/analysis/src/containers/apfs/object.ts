import { ByteView } from '../../bytes/view.ts'
import { type ByteSource, peek } from '../source.ts'
import { truncated } from '../stop.ts'

const HEADER_BYTES = 32
const MODULUS = 0xff_ff_ff_ff
/** As many words as the sums take before they must be reduced, within 53 bits. */
const RUN_WORDS = 4_096

/** Reads objects of a container: its blocks, one after the other. */
export class Blocks {
  readonly blockBytes: number
  /** Blocks whose sum is not that of their content. */
  sumsWrong = 0
  readonly #disk: ByteSource

  constructor(disk: ByteSource, blockBytes: number) {
    this.#disk = disk
    this.blockBytes = blockBytes
  }

  /** An object, whose sum is looked at. @throws AnalysisError beyond the disk. */
  object(block: number): ByteView {
    const view = this.raw(block)
    if (!isSumRight(view.bytes)) this.sumsWrong += 1
    return view
  }

  /** A block that need not be an object. @throws AnalysisError beyond the disk. */
  raw(block: number): ByteView {
    const offset = block * this.blockBytes
    const bytes = peek(this.#disk, { offset, length: this.blockBytes })
    if (bytes.length < this.blockBytes) throw truncated(`Block ${block} is not on the disk.`)
    return new ByteView(bytes)
  }
}

/**
 * Whether the Fletcher sum in the first eight bytes is that of the rest.
 *
 * @see Apple File System Reference, `obj_phys_t`.
 */
export function isSumRight(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES || bytes.length % 4 !== 0) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let [low, high] = [0, 0]
  for (let at = 8; at < bytes.length;) {
    for (const end = Math.min(bytes.length, at + RUN_WORDS * 4); at < end; at += 4) {
      low += view.getUint32(at, true)
      high += low
    }
    low %= MODULUS
    high %= MODULUS
  }
  const first = MODULUS - ((low + high) % MODULUS)
  const second = MODULUS - ((low + first) % MODULUS)
  return view.getUint32(0, true) === first && view.getUint32(4, true) === second
}
