const LINE_CHARACTERS_MAX = 512
const DROPPED = /(\d{1,15}) packets? dropped by (?:kernel|interface)/g

/**
 * Reads from what tcpdump prints when it is asked for its counts, and when it ends, how many
 * packets the system dropped since it began.
 */
export class DropLines {
  #text = ''
  #dropped = 0

  /** Packets dropped, by the newest words. */
  get dropped(): number {
    return this.#dropped
  }

  /** Takes what was printed, in pieces of any size. */
  add(bytes: Uint8Array): void {
    const lines = (this.#text + Buffer.from(bytes).toString('latin1')).split('\n')
    this.#text = (lines.pop() ?? '').slice(-LINE_CHARACTERS_MAX)
    for (const line of lines) this.#line(line)
  }

  /** Begins again with a new program. */
  clear(): void {
    this.#text = ''
    this.#dropped = 0
  }

  // When asked it prints one line with both counts; at its end one line for each.
  #line(line: string): void {
    let sum = 0
    for (const [, count] of line.matchAll(DROPPED)) sum += Number(count)
    this.#dropped = Math.max(this.#dropped, sum)
  }
}
