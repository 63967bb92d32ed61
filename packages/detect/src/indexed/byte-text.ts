/** Bytes kept ready; a longer text gets room of its own, once. */
const READY_BYTES = 256 * 1_024
const UTF8_BYTES_MAX = 3

const encoder = new TextEncoder()

interface Room {
  readonly bytes: Uint8Array
  readonly words: Int32Array
}

/**
 * A text as bytes: reading a typed array is several times as fast as reading a string. Lone
 * surrogates have no bytes of their own; what looks for them has to look at the text.
 */
export class ByteText {
  readonly #ready: Room = room(READY_BYTES)
  #room: Room = this.#ready
  length = 0

  get bytes(): Uint8Array {
    return this.#room.bytes
  }

  get words(): Int32Array {
    return this.#room.words
  }

  /** Turns to another text. */
  turnTo(text: string): void {
    const bytesMax = text.length * UTF8_BYTES_MAX
    this.#room = bytesMax <= READY_BYTES ? this.#ready : room(bytesMax)
    this.length = encoder.encodeInto(text, this.#room.bytes).written
  }
}

function room(bytesMax: number): Room {
  const buffer = new ArrayBuffer(Math.ceil(bytesMax / 4) * 4)
  return {
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer),
  }
}

/** Whether a text has bytes of its own, which no other text has. */
export function hasOwnBytes(text: string): boolean {
  return text.isWellFormed() && !text.includes('\uFFFD')
}

/** The UTF-8 of a text. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}
