import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { contentsOf } from '../support/contents.ts'
import { paxOf, tarOf } from '../support/tar.ts'

const text = (value: string) => Buffer.from(value)

test('tar: gives files, folders, links, modes, owners and times', () => {
  const archive = tarOf([
    { path: 'd/', kind: '5', mode: 0o755 },
    { path: 'd/run', bytes: text('code'), mode: 0o4_755 },
    { path: 'l', kind: '2', target: 'd' },
    { path: 'h', kind: '1', target: 'd/run' },
  ])
  const { members, files, found, container } = contentsOf(archive, 'a.tar')
  equal(container?.format, 'tar')
  deepEqual(found, ['set_id d/run'])
  deepEqual([...files], [['d/run', 'code']])
  deepEqual(
    members.map(({ path, kind, target, ownerId, modifiedMs }) => [
      ...path,
      kind,
      target,
      ownerId,
      modifiedMs,
    ]),
    [
      ['d', 'folder', undefined, 501, 1_700_000_000_000],
      ['d/run', 'file', undefined, 501, 1_700_000_000_000],
      ['l', 'symlink', 'd', 501, 1_700_000_000_000],
      ['h', 'hard_link', 'd/run', 501, 1_700_000_000_000],
    ],
  )
})

test('tar: a description before an entry gives its name, time and attributes', () => {
  const fields = {
    path: `${'long/'.repeat(40)}é`,
    mtime: '1.5',
    'SCHILY.xattr.com.apple.a': 'plain',
    'LIBARCHIVE.xattr.com.apple.b': Buffer.from('coded').toString('base64'),
  }
  const archive = tarOf([
    { path: 'described', kind: 'x', bytes: paxOf(fields) },
    { path: 'short', bytes: text('x') },
    { path: 'next' },
  ])
  const [first, second] = contentsOf(archive, 'a.tar').members
  deepEqual([first?.path, first?.modifiedMs], [[fields.path], 1_500])
  const attributes = [...(first?.attributes ?? [])].map(([name, bytes]) => [
    name,
    Buffer.from(bytes).toString(),
  ])
  deepEqual(attributes, [
    ['com.apple.a', 'plain'],
    ['com.apple.b', 'coded'],
  ])
  deepEqual(second?.path, ['next'])
})

test('tar: GNU’s long names belong to the next entry', () => {
  const archive = tarOf([
    { path: '././@LongLink', kind: 'L', bytes: text(`${'n'.repeat(200)}\0`) },
    { path: '././@LongLink', kind: 'K', bytes: text(`${'t'.repeat(200)}\0`) },
    { path: 'nnn', kind: '2', target: 'ttt' },
  ])
  const [link] = contentsOf(archive, 'a.tar').members
  deepEqual([link?.path, link?.target], [['n'.repeat(200)], 't'.repeat(200)])
})

const BROKEN = tarOf([{ path: 'a', bytes: text('x') }, { path: 'b' }])
BROKEN.write('z', 1_024)
const ODD = [
  { name: 'a header with another sum', archive: BROKEN, found: ['damaged'] },
  {
    name: 'a cut content',
    archive: tarOf([{ path: 'a', bytes: Buffer.alloc(2_000) }]).subarray(0, 1_000),
    found: ['truncated a'],
  },
  {
    name: 'bytes behind the end',
    archive: Buffer.concat([tarOf([{ path: 'a' }]), text('x')]),
    found: ['data_after_end'],
  },
]
for (const { name, archive, found } of ODD) {
  test(`tar: ${name} is told`, () => deepEqual(contentsOf(archive, 'a.tar').found, found))
}

test('tar: is found in what packs it', () => {
  const { files } = contentsOf(gzipSync(tarOf([{ path: 'a', bytes: text('x') }])), 'a.tgz')
  equal(files.get('a.tar!a'), 'x')
})

const isMissing = spawnSync('tar', ['--version']).status !== 0
const skip = isMissing ? 'tar is not installed' : false
for (const format of ['ustar', 'pax', 'gnu', 'v7']) {
  test(`tar: reads what the program writes as ${format}`, { skip }, (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'pomona-tar-'))
    context.after(() => rmSync(folder, { recursive: true }))
    const deep = format === 'v7' || format === 'ustar' ? 'deep' : 'deep'.repeat(40)
    mkdirSync(join(folder, deep))
    writeFileSync(join(folder, deep, 'file'), 'content')
    symlinkSync('file', join(folder, deep, 'link'))
    const { stdout } = spawnSync('tar', ['-c', `--format=${format}`, '-C', folder, deep])
    const { members, files, found } = contentsOf(stdout, 'a.tar')
    deepEqual(found, [])
    deepEqual([...files], [[`${deep}/file`, 'content']])
    ok(members.some(({ kind, target }) => kind === 'symlink' && target === 'file'))
  })
}
