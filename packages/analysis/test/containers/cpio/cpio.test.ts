import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { contentsOf } from '../support/contents.ts'
import { cpioOf } from '../support/cpio.ts'

const ENTRIES = [
  { path: '.', mode: 0o040_755 },
  { path: './usr/local/bin/tool', mode: 0o104_755, bytes: Buffer.from('odd') },
  { path: './link', mode: 0o120_777, bytes: Buffer.from('/usr/local') },
]

for (const form of ['odc', 'newc'] as const) {
  test(`cpio: reads ${form} with modes, owners, times and links`, () => {
    const { members, files, found, container } = contentsOf(cpioOf(ENTRIES, form), 'Payload')
    equal(container?.format, 'cpio')
    const [root, tool, link] = members
    deepEqual([root?.kind, root?.path], ['folder', ['']])
    deepEqual([tool?.mode, tool?.ownerId, tool?.modifiedMs], [0o4_755, 501, 1_700_000_000_000])
    deepEqual([link?.kind, link?.target], ['symlink', '/usr/local'])
    deepEqual([...files], [['usr/local/bin/tool', 'odd']])
    deepEqual(found, ['link_absolute link', 'set_id usr/local/bin/tool'].toReversed())
  })

  test(`cpio: a cut ${form} archive keeps what is whole`, () => {
    const archive = cpioOf(ENTRIES, form)
    const { members, found } = contentsOf(archive.subarray(0, -200), 'Payload')
    ok(members.length > 0)
    ok(found.includes('truncated'), found.join())
  })
}

const isMissing = spawnSync('cpio', ['--version']).status !== 0
const skip = isMissing ? 'cpio is not installed' : false
test('cpio: reads what the program writes', { skip }, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-cpio-'))
  context.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'odd'), 'content')
  for (const form of ['odc', 'newc']) {
    const options = { cwd: folder, input: 'odd\n' }
    const { stdout } = spawnSync('cpio', ['-o', '--quiet', '-H', form], options)
    deepEqual([...contentsOf(stdout, 'x').files], [['odd', 'content']])
  }
})
