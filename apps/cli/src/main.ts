#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import { COMMANDS } from './commands/index.ts'
import { run } from './run.ts'
import { Output } from './output.ts'

const NS_PER_MS = 1_000_000n

const stop = new AbortController()
// The second signal finds no listener and ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

// People who read no messages (`pomona … 2>&1 | head`) change nothing about what a command does.
process.stderr.on('error', () => undefined)

process.exitCode = await run(COMMANDS, process.argv.slice(2), {
  output: new Output(process.stdout),
  say: (text) => process.stderr.write(`${text}\n`),
  clock: {
    nowNs: () => BigInt(Date.now()) * NS_PER_MS,
    monotonicNs: () => process.hrtime.bigint(),
  },
  random: { bytes: (lengthBytes) => randomBytes(lengthBytes) },
  environment: process.env,
  signal: stop.signal,
})
