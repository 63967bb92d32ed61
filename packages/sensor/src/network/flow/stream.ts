import { Buffer } from 'node:buffer'

const SEGMENTS_MAX = 16

interface Segment {
  readonly sequence: number
  readonly bytes: Uint8Array
}

/**
 * The bytes one side of a connection sent from a known place on, put in order: late segments wait,
 * what was sent again is dropped. Bounded in bytes and in segments that wait.
 */
export class StreamBytes {
  /** The bytes in order that are not consumed yet. */
  bytes: Buffer = Buffer.alloc(0)
  /** It held more than it may; nothing more is taken. */
  isOverfull = false
  readonly #bytesMax: number
  #next: number
  #waiting: Segment[] = []
  #waitingBytes = 0

  /** @param next Sequence number of the first byte. */
  constructor(next: number, { bytesMax }: { readonly bytesMax: number }) {
    this.#next = next >>> 0
    this.#bytesMax = bytesMax
  }

  /** Takes a segment; its bytes are copied. */
  add(sequence: number, bytes: Uint8Array): void {
    if (this.isOverfull || bytes.length === 0) return
    if (!this.#append({ sequence, bytes })) {
      this.#wait({ sequence, bytes: Uint8Array.from(bytes) })
      return
    }
    let isMoved = this.#waiting.length > 0
    while (isMoved) {
      isMoved = false
      for (const [index, segment] of this.#waiting.entries()) {
        if (!this.#append(segment)) continue
        this.#waiting.splice(index, 1)
        this.#waitingBytes -= segment.bytes.length
        isMoved = this.#waiting.length > 0
        break
      }
    }
  }

  /** Drops the first bytes. */
  consume(count: number): void {
    this.bytes = this.bytes.subarray(count)
  }

  // Whether the segment was used up: appended, or known already.
  #append({ sequence, bytes }: Segment): boolean {
    // Differences wrap as sequence numbers do.
    const known = (this.#next - sequence) | 0
    if (known < 0) return false
    if (known >= bytes.length) return true
    const fresh = bytes.subarray(known)
    if (this.bytes.length + fresh.length > this.#bytesMax) {
      this.isOverfull = true
      this.#waiting = []
      return true
    }
    this.bytes = Buffer.concat([this.bytes, fresh])
    this.#next = (this.#next + fresh.length) >>> 0
    return true
  }

  #wait(segment: Segment): void {
    const isFull =
      this.#waiting.length >= SEGMENTS_MAX ||
      this.#waitingBytes + segment.bytes.length > this.#bytesMax
    if (isFull) {
      this.isOverfull = true
      this.#waiting = []
      return
    }
    this.#waiting.push(segment)
    this.#waitingBytes += segment.bytes.length
  }
}
