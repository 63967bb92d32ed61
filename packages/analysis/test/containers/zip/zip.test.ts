import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { appleDoubleOf } from '../support/apple-double.ts'
import { contentsOf } from '../support/contents.ts'
import { zipOf } from '../support/zip.ts'

const text = (value: string) => Buffer.from(value)
const APP = [
  { name: 'Tool.app/', mode: 0o040_755 },
  { name: 'Tool.app/Contents/MacOS/Tool', bytes: text('#!/bin/sh\necho'), mode: 0o100_755 },
  { name: 'Tool.app/Contents/Current', bytes: text('MacOS/Tool'), mode: 0o120_755, store: true },
]

test('zip: gives kinds, modes, link targets and contents', () => {
  const { members, files, found, container } = contentsOf(zipOf(APP), 'a.zip')
  equal(container?.format, 'zip')
  deepEqual(found, [])
  deepEqual(
    members.map(({ path, kind, mode, target }) => [path.join('!'), kind, mode, target]),
    [
      ['Tool.app', 'folder', 0o755, undefined],
      ['Tool.app/Contents/MacOS/Tool', 'file', 0o755, undefined],
      ['Tool.app/Contents/Current', 'symlink', 0o755, 'MacOS/Tool'],
    ],
  )
  equal(files.get('Tool.app/Contents/MacOS/Tool'), '#!/bin/sh\necho')
})

test('zip: attributes that lie in __MACOSX reach the file they belong to', () => {
  const beside = appleDoubleOf({ 'com.apple.quarantine': '0083;5f1c0000;Safari;' }, text('fork'))
  const archive = zipOf([
    ...APP,
    { name: '__MACOSX/Tool.app/Contents/MacOS/._Tool', bytes: beside },
  ])
  const { members, files } = contentsOf(archive, 'a.zip')
  const tool = members.find(({ path }) => path[0] === 'Tool.app/Contents/MacOS/Tool')
  const value = tool?.attributes?.get('com.apple.quarantine') ?? new Uint8Array()
  equal(Buffer.from(value).toString(), '0083;5f1c0000;Safari;')
  equal(files.get('__MACOSX/Tool.app/Contents/MacOS/._Tool!..namedfork/rsrc'), 'fork')
})

const METHODS = [
  { name: 'stored', entry: { bytes: text('same'), store: true } },
  { name: 'deflate', entry: { bytes: text('same') } },
  {
    name: 'Zstandard',
    entry: { bytes: text('same'), packed: { bytes: zstdCompressSync('same'), method: 93 } },
  },
]
for (const { name, entry } of METHODS) {
  test(`zip: unpacks ${name}`, () => {
    const { files, found } = contentsOf(zipOf([{ name: 'x', ...entry }]), 'a.zip')
    deepEqual([...files], [['x', 'same']])
    deepEqual(found, [])
  })
}

const OVERLAPPING = zipOf([{ name: 'a', bytes: text('0123456789'), store: true }, { name: 'b' }])
// The second entry of the directory points to the first one's content.
OVERLAPPING.writeUInt32LE(0, OVERLAPPING.lastIndexOf('PK\u0001\u0002') + 42)

const ODD = [
  {
    name: 'a path that leaves',
    archive: zipOf([{ name: '../../etc/x' }]),
    finding: 'path_traversal ../../etc/x',
  },
  {
    name: 'a path from the root',
    archive: zipOf([{ name: '/etc/x' }]),
    finding: 'path_absolute etc/x',
  },
  {
    name: 'a name that turns the reading direction',
    archive: zipOf([{ name: 'cv\u202efdp.app' }]),
    finding: 'path_deceptive cv\u202efdp.app',
  },
  {
    name: 'two entries of one path',
    archive: zipOf([{ name: 'a' }, { name: 'a' }]),
    finding: 'path_duplicate a',
  },
  {
    name: 'an entry behind a link',
    archive: zipOf([{ name: 'l', bytes: text('/tmp'), mode: 0o120_755 }, { name: 'l/x' }]),
    finding: 'path_through_link l/x',
  },
  {
    name: 'a link that leaves',
    archive: zipOf([{ name: 'a/l', bytes: text('../../x'), mode: 0o120_755 }]),
    finding: 'link_escapes a/l',
  },
  {
    name: 'an entry the directory leaves out',
    archive: zipOf([{ name: 'a' }, { name: 'b', hidden: true }, { name: 'c' }]),
    finding: 'hidden_entry b',
  },
  {
    name: 'a name that differs',
    archive: zipOf([{ name: 'a.txt', localName: 'a.app' }]),
    finding: 'names_differ a.txt',
  },
  {
    name: 'a wrong checksum',
    archive: zipOf([{ name: 'a', bytes: text('a'), crc: 5 }]),
    finding: 'checksum_mismatch a',
  },
  {
    name: 'a wrong size',
    archive: zipOf([{ name: 'a', bytes: text('a'), size: 7 }]),
    finding: 'size_mismatch a',
  },
  {
    name: 'a password',
    archive: zipOf([{ name: 'a', bytes: text('a'), flags: 1 }]),
    finding: 'encrypted a',
  },
  {
    name: 'an unknown method',
    archive: zipOf([{ name: 'a', packed: { bytes: text('a'), method: 77 } }]),
    finding: 'unsupported a',
  },
  {
    name: 'bytes behind the end',
    archive: Buffer.concat([zipOf([{ name: 'a' }]), text('xy')]),
    finding: 'data_after_end',
  },
  { name: 'entries that overlap', archive: OVERLAPPING, finding: 'entries_overlap' },
]
for (const { name, archive, finding } of ODD) {
  test(`zip: tells ${name}`, () => {
    const { found } = contentsOf(archive, 'a.zip')
    ok(found.includes(finding), found.join(', '))
  })
}

test('zip: a cut archive still gives the entries that are whole', () => {
  const archive = zipOf([
    { name: 'a', bytes: text('first') },
    { name: 'b', bytes: text('second') },
  ])
  const { files, found } = contentsOf(
    archive.subarray(0, archive.indexOf('PK\u0001\u0002')),
    'a.zip',
  )
  deepEqual([...files.values()], ['first', 'second'])
  deepEqual(found, ['truncated'])
})
