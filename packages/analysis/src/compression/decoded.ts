/** Why a compressed stream gave less than it promised. */
export type DecodeProblem = 'checksum' | 'damaged' | 'limit' | 'truncated' | 'unsupported'

/** What came of a compressed stream. What was read before a problem is kept. */
export interface Decoded {
  readonly bytes: Uint8Array
  /** Bytes of the input that belong to the stream; what follows is something else. */
  readonly consumed: number
  readonly problem?: DecodeProblem
}

/** Ends a decoder from any depth; never leaves this folder. */
export class DecodeStop extends Error {
  readonly problem: DecodeProblem

  constructor(problem: DecodeProblem) {
    super(problem)
    this.name = 'DecodeStop'
    this.problem = problem
  }
}

/** Where a decoder stands: what it has read and written so far. */
export interface DecoderState {
  readonly output: GrowingBytes
  readonly consumed: number
}

/** Runs a decoder and turns its early end into the problem that caused it. */
export function decodedBy(state: DecoderState, decode: () => void): Decoded {
  try {
    decode()
  } catch (error) {
    if (!(error instanceof DecodeStop)) throw error
    return { bytes: state.output.take(), consumed: state.consumed, problem: error.problem }
  }
  return { bytes: state.output.take(), consumed: state.consumed }
}

const FIRST_BYTES = 65_536

/** Output of a decoder: grows as it is filled, up to a limit; the window of LZ copies as well. */
export class GrowingBytes {
  readonly #bytesMax: number
  #bytes: Uint8Array
  #length = 0

  /** @param bytesMax Beyond it the decoder is stopped with `limit`. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#bytes = new Uint8Array(Math.min(bytesMax, FIRST_BYTES))
  }

  get length(): number {
    return this.#length
  }

  push(byte: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  fill(byte: number, count: number): void {
    this.#reserve(count)
    this.#bytes.fill(byte, this.#length, this.#length + count)
    this.#length += count
  }

  /** Repeats what stands `distance` back; source and target may overlap, as in every LZ code. */
  copy({ distance, length }: { readonly distance: number; readonly length: number }): void {
    if (distance < 1 || distance > this.#length) throw new DecodeStop('damaged')
    this.#reserve(length)
    const from = this.#length - distance
    if (distance >= length) this.#bytes.copyWithin(this.#length, from, from + length)
    else {
      for (let at = 0; at < length; at++) {
        this.#bytes[this.#length + at] = this.#bytes[from + at] ?? 0
      }
    }
    this.#length += length
  }

  /** The byte `distance` back; 0 before the beginning. */
  back(distance: number): number {
    return this.#bytes[this.#length - distance] ?? 0
  }

  /** The bytes from `start`; a view, valid until more is written. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#length)
  }

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed > this.#bytesMax) throw new DecodeStop('limit')
    if (needed <= this.#bytes.length) return
    const doubled = new Uint8Array(Math.min(this.#bytesMax, Math.max(needed, needed * 2)))
    doubled.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = doubled
  }
}
