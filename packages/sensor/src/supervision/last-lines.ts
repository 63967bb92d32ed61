const LINES_MAX = 20
const LINE_BYTES_MAX = 512
const LINE_FEED = 10

/** The last lines a program said on stderr: what explains its end. Bounded in lines and bytes. */
export class LastLines {
  #lines: string[] = []
  #line: number[] = []

  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === LINE_FEED) this.#close()
      else if (this.#line.length < LINE_BYTES_MAX) this.#line.push(byte)
    }
  }

  /** The lines, the unfinished last one included. */
  all(): readonly string[] {
    return this.#line.length === 0 ? this.#lines : [...this.#lines, text(this.#line)]
  }

  clear(): void {
    this.#lines = []
    this.#line = []
  }

  #close(): void {
    if (this.#line.length > 0) this.#lines.push(text(this.#line))
    this.#line = []
    if (this.#lines.length > LINES_MAX) this.#lines.shift()
  }
}

function text(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('utf8').trim()
}
