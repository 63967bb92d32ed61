#!/usr/bin/env node
/**
 * The program that stands in for eslogger, with a witness: how many records of each type it let out
 * is written to a file of its own in the folder that is its first argument.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { simulatedEslogger } from '@pomona/sensor'
import { ROOT } from '../source-tree.ts'

const NS_PER_MS = 1_000_000n
const [folder = '', ...args] = process.argv.slice(2)
const counts = new Map<string, number>()
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
process.stdout.on('error', () => process.exit(1))
const parent = process.ppid

/** The type is the only key of the record's `event`. */
function typeOf(line: string): string {
  // The simulator wrote it.
  const { event } = JSON.parse(line) as { event: Record<string, unknown> }
  return Object.keys(event)[0] ?? ''
}

function testify(): void {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${process.pid}.json`)
  writeFileSync(`${path}.draft`, JSON.stringify(Object.fromEntries(counts)))
  renameSync(`${path}.draft`, path)
}

process.exitCode = await simulatedEslogger({
  args,
  content: join(ROOT, 'content/scenarios'),
  clock: {
    nowNs: () => BigInt(Date.now()) * NS_PER_MS,
    monotonicNs: () => process.hrtime.bigint(),
  },
  write: (text) => {
    if (!args.includes('--list-events')) {
      for (const line of text.trimEnd().split('\n')) {
        const type = typeOf(line)
        counts.set(type, (counts.get(type) ?? 0) + 1)
      }
      testify()
    }
    return new Promise((resolve) => {
      process.stdout.write(text, () => resolve())
    })
  },
  say: (text) => process.stderr.write(`${text}\n`),
  async sleep(delayMs) {
    if (process.ppid !== parent) stop.abort()
    await wait(delayMs)
  },
  signal: stop.signal,
})
