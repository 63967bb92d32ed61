import type { Writable } from 'node:stream'
import { CliError } from './errors.ts'

/** Characters gathered before they are written; one system call a line would halve the speed. */
const CHUNK_CHARACTERS = 64 * 1024

/**
 * Where data goes: lines on stdout. `line` only gathers; a loop calls `drain` after each batch,
 * which waits for a slow reader, so that memory stays flat.
 */
export class Output {
  readonly #stream: Writable
  #pending = ''
  #failure: Error | undefined

  constructor(stream: Writable) {
    this.#stream = stream
    // Without a listener the error of a closed pipe would end the process with a stack trace.
    stream.on('error', (error) => {
      this.#failure = error
    })
  }

  /** Gathers one line. */
  line(text: string): void {
    this.#pending += `${text}\n`
  }

  /** Gathers one JSON object as a line. */
  json(value: object): void {
    this.line(JSON.stringify(value))
  }

  /**
   * Writes what was gathered, if it is enough to be worth a write, and waits while the reader is
   * slow.
   *
   * @throws CliError ERR_CLI_OUTPUT_CLOSED when the reader is gone (`pomona … | head`),
   *         ERR_CLI_FILE when the output cannot be written, such as on a full disk.
   */
  async drain(): Promise<void> {
    if (this.#pending.length >= CHUNK_CHARACTERS) await this.flush()
  }

  /** Writes everything gathered. Fails as `drain` does. */
  async flush(): Promise<void> {
    this.#check()
    if (this.#pending === '') return
    const text = this.#pending
    this.#pending = ''
    await new Promise<void>((resolve) => {
      this.#stream.write(text, (error) => {
        this.#failure ??= error ?? undefined
        resolve()
      })
    })
    this.#check()
  }

  #check(): void {
    if (this.#failure === undefined) return
    const isClosed = 'code' in this.#failure && this.#failure.code === 'EPIPE'
    throw isClosed
      ? new CliError('ERR_CLI_OUTPUT_CLOSED', 'The reader of the output is gone.')
      : new CliError('ERR_CLI_FILE', `Cannot write the output: ${this.#failure.message}`)
  }
}
