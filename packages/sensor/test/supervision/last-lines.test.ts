import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { LastLines } from '../../src/supervision/last-lines.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

test('last lines: lines in pieces, the unfinished last one included', () => {
  const lines = new LastLines()
  lines.add(bytes('first\nsec'))
  lines.add(bytes('ond\r\n\nthird'))
  deepEqual(lines.all(), ['first', 'second', 'third'])
})

test('last lines: only the last ones are kept, and of long ones the beginning', () => {
  const lines = new LastLines()
  for (let count = 0; count < 100; count += 1) lines.add(bytes(`line ${count}\n`))
  equal(lines.all().length, 20)
  equal(lines.all().at(-1), 'line 99')
  lines.add(bytes('x'.repeat(1_000_000)))
  equal(lines.all().at(-1)?.length, 512)
})
