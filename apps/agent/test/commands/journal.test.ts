import { deepEqual, equal } from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { CommandJournal } from '../../src/commands/journal.ts'

const NOW = '2026-11-25T09:00:00.000Z'
const DONE = { state: 'done', at: NOW } as const

async function path(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pomona-journal-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'commands.jsonl')
}

async function open(context: TestContext, file: string, now = NOW): Promise<CommandJournal> {
  const journal = await CommandJournal.open(file, { now, linesMax: 700 })
  context.after(() => journal.close())
  return journal
}

test('journal: what was accepted is there after a crash, without an end', async (context) => {
  const file = await path(context)
  const journal = await open(context, file)
  await journal.accept({ id: 'a', counter: 4 })
  await journal.accept({ id: 'b', counter: 7 })
  await journal.settle({ id: 'a', counter: 4 }, DONE)
  const next = await open(context, file)
  equal(next.counter, 7)
  deepEqual(next.entry('a')?.end, DONE)
  equal(next.entry('b')?.end, undefined)
  deepEqual(
    next.entries().map(({ id }) => id),
    ['b', 'a'],
  )
})

test('journal: only its owner can read it', async (context) => {
  const file = await path(context)
  await open(context, file)
  equal((await stat(file)).mode & 0o777, 0o600)
})

test('journal: a last line that was cut off never counted', async (context) => {
  const file = await path(context)
  const journal = await open(context, file)
  await journal.accept({ id: 'a', counter: 1 })
  await appendFile(file, '{"id":"b","coun')
  const next = await open(context, file)
  equal(next.counter, 1)
  equal(next.entry('b'), undefined)
  equal(next.notBefore, undefined)
  await next.accept({ id: 'c', counter: 2 })
  equal((await open(context, file)).counter, 2)
})

test('journal: damage inside means that something may be forgotten, for good', async (context) => {
  const file = await path(context)
  const journal = await open(context, file)
  await journal.accept({ id: 'a', counter: 1 })
  await journal.accept({ id: 'b', counter: 2 })
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('"a"', 'xxx'))
  const next = await open(context, file)
  equal(next.notBefore, NOW)
  equal(next.counter, 2)
  equal((await open(context, file, '2026-12-01T00:00:00.000Z')).notBefore, NOW)
})

test('journal: remembers a bounded number of ends, and every one that was not told', async (context) => {
  const file = await path(context)
  const journal = await open(context, file)
  await journal.settle({ id: 'untold', counter: 1 }, DONE)
  for (let counter = 2; counter < 400; counter++) {
    const id = `c${counter}`
    await journal.accept({ id, counter })
    await journal.settle({ id, counter }, DONE)
    await journal.markTold(id)
  }
  const next = await open(context, file)
  equal(next.counter, 399)
  equal(next.entries().length, 256)
  equal(next.entry('untold')?.told, undefined)
  equal(next.entry('untold')?.end?.state, 'done')
})

test('journal: is written anew before it grows without end', async (context) => {
  const file = await path(context)
  const journal = await open(context, file)
  for (let counter = 1; counter <= 400; counter++) {
    await journal.accept({ id: `c${counter}`, counter })
    await journal.settle({ id: `c${counter}`, counter }, DONE)
  }
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  equal(lines.length < 700, true, `${lines.length} lines`)
  equal((await open(context, file)).counter, 400)
})
