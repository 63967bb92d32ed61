import { equal, match, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fieldPath, fieldValue, problemsOf } from '@pomona/schema'
import { objects, pomona, temporaryFolder, written } from '../pomona.ts'

test('normalize: one event a line, each as the field table describes it', async (context) => {
  const path = join(temporaryFolder(context), 'mac.jsonl')
  await pomona(['sim', '--benign', '300', '--out', path])
  const ended = await pomona(['normalize', path, '--json'])
  equal(ended.code, 0)
  const events = objects(ended)
  equal(events.length, 300)
  for (const event of events) equal(problemsOf(event).length, 0)
  match(ended.stderr, /300 events/)
  const [first] = events
  const line = readFileSync(path, 'utf8').split('\n')[0]
  equal(fieldValue(first, fieldPath('event.original')), line)
})

test('normalize: a file without one record is a failure, an empty one is not', async (context) => {
  const folder = temporaryFolder(context)
  const notes = written(folder, { name: 'notes.txt', content: 'hello\nworld\n' })
  const ended = await pomona(['normalize', notes, '--json'])
  equal(ended.code, 1)
  match(ended.stderr, /notes\.txt holds no eslogger record/)
  match(ended.stderr, /notes\.txt:1: syntax: hello/)
  const empty = written(folder, { name: 'empty.jsonl', content: '' })
  equal((await pomona(['normalize', empty, '--json'])).code, 0)
})

test('normalize: the raw record can be left out', async (context) => {
  const path = join(temporaryFolder(context), 'mac.jsonl')
  await pomona(['sim', '--benign', '10', '--out', path])
  const ended = await pomona(['normalize', path, '--json', '--no-original'])
  ok(!ended.stdout.includes('"original"'))
})

test('normalize: a reader that stops early ends it quietly', async (context) => {
  const path = join(temporaryFolder(context), 'mac.jsonl')
  await pomona(['sim', '--benign', '5000', '--out', path])
  const main = join(import.meta.dirname, '../../src/main.ts')
  const child = spawn(process.execPath, [main, 'normalize', path, '--json'])
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString()
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  equal(code, 0)
  equal(stderr, '')
})
