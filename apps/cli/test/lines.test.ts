import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { lineText, readLineBytes, readLines } from '../src/lines.ts'
import { temporaryFolder, written } from './pomona.ts'

/** Lines of 0 to 3,000 bytes, together several pieces of a file. */
const LINES = Array.from({ length: 1_000 }, (_, at) => `{"n":${at},"x":"${'ä'.repeat(at * 1.5)}"}`)
const FORMS = [
  { name: 'as it is', file: 'a.jsonl', pack: (text: string) => Buffer.from(text) },
  { name: 'gzipped', file: 'a.jsonl.gz', pack: (text: string) => gzipSync(text) },
]

for (const { name, file, pack } of FORMS) {
  test(`lines: a file of many pieces, ${name}`, async (t) => {
    const content = pack(`\uFEFF${LINES.join('\n')}`)
    const path = written(temporaryFolder(t), { name: file, content })
    const got: string[] = []
    for await (const batch of readLines(path)) got.push(...batch.map(({ text }) => text))
    equal(got.join('\n'), LINES.join('\n'))
  })
}

test('lines: blank ones and carriage returns are left out, and counted', async (t) => {
  const content = Buffer.from('\r\n{"a":1}\r\n \n\n[\u2028]\nend\r')
  const path = written(temporaryFolder(t), { name: 'a.jsonl', content })
  const got: (readonly [number, string])[] = []
  for await (const batch of readLineBytes(path)) {
    got.push(...batch.map((line) => [line.number, lineText(line)] as const))
  }
  deepEqual(got, [
    [2, '{"a":1}'],
    [5, '[\u2028]'],
    [6, 'end'],
  ])
})
