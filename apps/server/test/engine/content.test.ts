import { deepEqual, equal, rejects } from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { loadContent } from '../../src/engine/content.ts'

const SHIPPED = join(import.meta.dirname, '..', '..', '..', '..', 'content')
const SLUG = 'directory-password-check'

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-content-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(SHIPPED, 'mappings'), join(folder, 'mappings'), { recursive: true })
  return folder
}

test('content: a rule is loaded with its path below the content directory', async (context) => {
  const folder = folderOf(context)
  cpSync(join(SHIPPED, 'rules', SLUG), join(folder, 'rules', SLUG), { recursive: true })
  const { rules, problems } = await loadContent(folder)
  deepEqual(
    rules.rules.map(({ path }) => path),
    [`rules/${SLUG}/rule.yml`],
  )
  deepEqual(problems, [])
})

test('content: a file that cannot be read is told and the others are loaded', async (context) => {
  const folder = folderOf(context)
  cpSync(join(SHIPPED, 'rules', SLUG), join(folder, 'rules', SLUG), { recursive: true })
  symlinkSync('/dev/zero', join(folder, 'rules', 'endless.yml'))
  const { rules, problems } = await loadContent(folder)
  equal(rules.rules.length, 1)
  deepEqual(
    problems.map(({ path, reason }) => ({ path, reason })),
    [{ path: 'endless.yml', reason: 'not_a_file' }],
  )
})

test('content: a directory without rules or without mapping is refused', async (context) => {
  const folder = folderOf(context)
  await rejects(loadContent(folder), { code: 'ERR_CONTENT_UNREADABLE' })
  mkdirSync(join(folder, 'rules'))
  equal((await loadContent(folder)).rules.rules.length, 0)
  rmSync(join(folder, 'mappings'), { recursive: true })
  await rejects(loadContent(folder), { code: 'ERR_CONTENT_UNREADABLE' })
})

test('content: exceptions are read where there are any, and wrong ones are told', async (context) => {
  const folder = folderOf(context)
  mkdirSync(join(folder, 'rules'))
  deepEqual((await loadContent(folder)).exceptions, { exceptions: [], problems: [] })
  mkdirSync(join(folder, 'exceptions'))
  const head = 'title: Cache\nid: 7c8f2f6e-0000-4000-8000-000000000001\nowner: ops\n'
  const detection = 'detection: { cache: { file.name: cache }, condition: cache }\n'
  writeFileSync(join(folder, 'exceptions', 'good.yml'), `${head}reason: known\n${detection}`)
  writeFileSync(join(folder, 'exceptions', 'wrong.yml'), `${head}${detection}`)
  const { exceptions, problems } = (await loadContent(folder)).exceptions
  deepEqual(
    exceptions.map(({ name, path }) => [name, path]),
    [['Cache', 'exceptions/good.yml']],
  )
  deepEqual(
    problems.map(({ path }) => path),
    ['exceptions/wrong.yml'],
  )
})
