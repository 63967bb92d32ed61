import { deepEqual, equal } from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { problemsOf } from '@pomona/schema'
import { readLine } from '@pomona/sensor'
import { Normalizer } from '../src/index.ts'
import { CONTEXT } from './records.ts'

const FOLDER = join(import.meta.dirname, 'golden')

function normalized(text: string): string[] {
  const normalizer = new Normalizer(CONTEXT, { original: false })
  return text
    .trimEnd()
    .split('\n')
    .map((line, sequence) => {
      const read = readLine(line, sequence)
      if (!read.ok) return JSON.stringify(read)
      const result = normalizer.normalize(read.record)
      if (result.ok) deepEqual(problemsOf(result.event), [], line)
      return JSON.stringify(result.ok ? result.event : result)
    })
}

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.in.jsonl'))) {
  test(`golden: ${name} becomes what a person has read`, () => {
    const out = join(FOLDER, name.replace('.in.', '.out.'))
    const lines = normalized(readFileSync(join(FOLDER, name), 'utf8'))
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(out, `${lines.join('\n')}\n`)
    const wanted = readFileSync(out, 'utf8').trimEnd().split('\n')
    equal(lines.length, wanted.length)
    // One line at a time: a difference shows the one event that changed.
    for (const [index, line] of lines.entries())
      deepEqual(JSON.parse(line), JSON.parse(wanted[index] ?? ''))
  })
}
