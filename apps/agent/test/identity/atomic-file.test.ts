import { equal, rejects } from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readOwnFile, removeFile, replaceFile } from '../../src/identity/atomic-file.ts'

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pomona-file-'))
  context.after(() => rm(path, { recursive: true, force: true }))
  return path
}

test('file: is made with its folder, and replaced whole', async (context) => {
  const path = join(await folder(context), 'deep', 'file')
  await replaceFile(path, 'a longer text')
  await replaceFile(path, 'short')
  equal(await readOwnFile(path), 'short')
  equal((await stat(path)).mode & 0o777, 0o600)
})

test('file: what a crash left beside it is written over', async (context) => {
  const path = join(await folder(context), 'file')
  await replaceFile(path, 'old')
  await writeFile(`${path}.next`, 'half of something that was longer')
  equal(await readOwnFile(path), 'old')
  await replaceFile(path, 'new')
  equal(await readOwnFile(path), 'new')
})

test('file: a link in its place is replaced, not followed', async (context) => {
  const at = await folder(context)
  await writeFile(join(at, 'victim'), 'untouched')
  await symlink(join(at, 'victim'), join(at, 'file'))
  await rejects(readOwnFile(join(at, 'file')))
  await replaceFile(join(at, 'file'), 'ours')
  equal(await readFile(join(at, 'victim'), 'utf8'), 'untouched')
  await symlink(join(at, 'victim'), join(at, 'other.next'))
  await rejects(replaceFile(join(at, 'other'), 'ours'))
  equal(await readFile(join(at, 'victim'), 'utf8'), 'untouched')
})

test('file: removing one that is not there is fine', async (context) => {
  const at = await folder(context)
  await removeFile(join(at, 'nothing'))
  await replaceFile(join(at, 'file'), 'x')
  await removeFile(join(at, 'file'))
  equal((await readdir(at)).length, 0)
  equal(await readOwnFile(join(at, 'file')), undefined)
})
