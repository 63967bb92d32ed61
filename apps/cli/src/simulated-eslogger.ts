#!/usr/bin/env node
/** A program that stands in for `eslogger` where there is no Mac: see `simulatedEslogger`. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { simulatedEslogger } from '@pomona/sensor'

const NS_PER_MS = 1_000_000n
const CONTENT = join(import.meta.dirname, '..', '..', '..', 'content', 'scenarios')

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
// As the pipe of a reader that is gone ends eslogger.
process.stdout.on('error', () => process.exit(1))

const parent = process.ppid

process.exitCode = await simulatedEslogger({
  args: process.argv.slice(2),
  content: CONTENT,
  clock: {
    nowNs: () => BigInt(Date.now()) * NS_PER_MS,
    monotonicNs: () => process.hrtime.bigint(),
  },
  write: (text) =>
    new Promise((resolve) => {
      process.stdout.write(text, () => resolve())
    }),
  say: (text) => process.stderr.write(`${text}\n`),
  async sleep(delayMs) {
    // Whoever started it is gone, and with them the reader: a quiet story would never notice.
    if (process.ppid !== parent) stop.abort()
    await wait(delayMs)
  },
  signal: stop.signal,
})
