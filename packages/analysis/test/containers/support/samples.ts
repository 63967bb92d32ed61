import { gzipSync } from 'node:zlib'
import { appleDoubleOf } from './apple-double.ts'
import { zipOf } from './zip.ts'

const text = (value: string) => Buffer.from(value)

/** A sound container of a kind, small, with something in it. */
export interface Sample {
  readonly name: string
  readonly bytes: Uint8Array
}

const ENTRIES = [
  { name: 'Tool.app/', mode: 0o040_755 },
  { name: 'Tool.app/Contents/MacOS/Tool', bytes: text('#!/bin/sh\necho hello\n'.repeat(20)) },
  { name: 'Tool.app/link', bytes: text('Contents'), mode: 0o120_755 },
  { name: '__MACOSX/._Tool.app', bytes: appleDoubleOf({ 'com.apple.quarantine': '0083;5f1c;a;' }) },
]

/** One of each kind, the seeds of the fuzzers. */
export const SAMPLES: readonly Sample[] = [
  { name: 'sample.zip', bytes: zipOf(ENTRIES) },
  { name: 'nested.zip', bytes: zipOf([{ name: 'in.zip', bytes: zipOf(ENTRIES), store: true }]) },
  { name: '._sample', bytes: appleDoubleOf({ a: 'b', 'com.apple.quarantine': 'c' }, text('fork')) },
  { name: 'sample.gz', bytes: gzipSync(zipOf(ENTRIES)) },
]
