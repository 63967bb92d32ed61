import { equal, rejects } from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { Output } from '../src/output.ts'

/** A stream that keeps what it was given, and counts the writes. */
class Kept extends Writable {
  text = ''
  writes = 0
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    this.writes++
    done()
  }
}

class Broken extends Writable {
  readonly #code: string
  constructor(code: string) {
    super()
    this.#code = code
  }
  override _write(_chunk: Buffer, _encoding: string, done: (error: Error) => void): void {
    done(Object.assign(new Error('refused'), { code: this.#code }))
  }
}

test('output: gathers lines and writes them once', async () => {
  const stream = new Kept()
  const output = new Output(stream)
  output.line('a')
  output.json({ b: 1 })
  await output.drain()
  equal(stream.writes, 0)
  await output.flush()
  equal(stream.text, 'a\n{"b":1}\n')
  equal(stream.writes, 1)
})

test('output: writes by itself when enough is gathered', async () => {
  const stream = new Kept()
  const output = new Output(stream)
  output.line('x'.repeat(100_000))
  await output.drain()
  equal(stream.text.length, 100_001)
})

test('output: a reader that is gone ends the command', async () => {
  const output = new Output(new Broken('EPIPE'))
  output.line('a')
  await rejects(output.flush(), { code: 'ERR_CLI_OUTPUT_CLOSED' })
})

test('output: a full disk is a failure that says why', async () => {
  const output = new Output(new Broken('ENOSPC'))
  output.line('a')
  await rejects(output.flush(), { code: 'ERR_CLI_FILE', message: /refused/ })
})
