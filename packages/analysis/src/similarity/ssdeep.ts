// Context-triggered piecewise hashing: a rolling hash over seven bytes cuts the bytes into pieces
// where they themselves say so, and each piece becomes one character. The result is
// `block size:pieces:pieces of double size`.
const WINDOW = 7
const PIECES_MAX = 64
const BLOCK_SIZE_MIN = 3
const HASH_START = 0x28021967
const HASH_PRIME = 0x01000193
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The pieces of one block size. */
class Pieces {
  readonly blockSize: number
  text = ''
  #hash = HASH_START
  /** Of the second half, which a doubled size must not be longer than. */
  #half = HASH_START
  halfText = ''

  constructor(blockSize: number) {
    this.blockSize = blockSize
  }

  add(byte: number): void {
    this.#hash = Math.imul(this.#hash, HASH_PRIME) ^ byte
    this.#half = Math.imul(this.#half, HASH_PRIME) ^ byte
  }

  /** Ends a piece; the last place is kept for all that follows. */
  cut(): void {
    if (this.text.length < PIECES_MAX - 1) {
      this.text += ALPHABET[this.#hash & 63]
      this.#hash = HASH_START
      if (this.halfText.length < PIECES_MAX / 2 - 1) {
        this.halfText += ALPHABET[this.#half & 63]
        this.#half = HASH_START
      }
    }
  }

  /** The text with the piece that is still open, where the bytes do not end at a cut. */
  finished(isOpen: boolean): string {
    return isOpen ? this.text + ALPHABET[this.#hash & 63] : this.text
  }

  finishedHalf(isOpen: boolean): string {
    return isOpen ? this.halfText + ALPHABET[this.#half & 63] : this.halfText
  }
}

/** The block size at which a file of this size has about 64 pieces. */
function firstBlockSize(size: number): number {
  let blockSize = BLOCK_SIZE_MIN
  while (blockSize * PIECES_MAX < size) blockSize *= 2
  return blockSize
}

interface Cut {
  readonly one: Pieces
  readonly double: Pieces
  readonly isOpen: boolean
}

function cutAt(bytes: Uint8Array, blockSize: number): Cut {
  const [one, double] = [new Pieces(blockSize), new Pieces(blockSize * 2)]
  const window = new Uint8Array(WINDOW)
  let [sum, weighted, shifted] = [0, 0, 0]
  let at = 0
  for (const byte of bytes) {
    weighted = (weighted - sum + WINDOW * byte) >>> 0
    sum = sum + byte - (window[at] ?? 0)
    window[at] = byte
    at = at === WINDOW - 1 ? 0 : at + 1
    shifted = ((shifted << 5) ^ byte) >>> 0
    one.add(byte)
    double.add(byte)
    const rolling = (sum + weighted + shifted) >>> 0
    if (rolling % blockSize === blockSize - 1) {
      one.cut()
      if (rolling % (blockSize * 2) === blockSize * 2 - 1) double.cut()
    }
  }
  return { one, double, isOpen: (sum + weighted + shifted) >>> 0 !== 0 }
}

/**
 * The ssdeep digest of bytes, as ssdeep 2.14 computes it.
 *
 * @returns `size:text:text`, equal parts of which mean equal parts of two files.
 * @see     J. Kornblum, “Identifying almost identical files using context triggered piecewise
 *          hashing”, 2006.
 */
export function ssdeep(bytes: Uint8Array): string {
  let blockSize = firstBlockSize(bytes.length)
  let cut = cutAt(bytes, blockSize)
  // Too few pieces say too little: the size is halved until there are half as many as fit.
  while (blockSize > BLOCK_SIZE_MIN && cut.one.text.length < PIECES_MAX / 2) {
    blockSize /= 2
    cut = cutAt(bytes, blockSize)
  }
  const { one, double, isOpen } = cut
  return `${blockSize}:${one.finished(isOpen)}:${double.finishedHalf(isOpen)}`
}
