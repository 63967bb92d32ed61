import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { PLAIN, STREAMS } from '../../compression/vectors.ts'
import { contentsOf } from '../support/contents.ts'
import { decmpfsOf, zlibForkOf } from '../support/decmpfs.ts'
import { hfsPlusOf } from '../support/hfs-plus.ts'
import { digestOf, isSevenZipMissing, sevenZipFiles } from '../support/seven-zip.ts'

const text = (value: string) => Buffer.from(value)
const PRIVATE = '\0\0\0\0HFS+ Private Data'
const LONG = Buffer.from(Array.from({ length: 90_000 }, (_, index) => (index * 31) % 251))

test('hfs-plus: gives folders, files, links, modes, owners, times and attributes', () => {
  const volume = hfsPlusOf(
    [
      { path: 'Tool.app', folder: true },
      { path: 'Tool.app/run', mode: 0o104_755, data: text('code'), attributes: { a: text('b') } },
      { path: 'Applications', mode: 0o120_755, data: text('/Applications') },
      { path: 'a:b', data: text('named with a slash'), resource: text('fork') },
    ],
    'Install',
  )
  const { members, files, container, found } = contentsOf(volume, 'v.img')
  equal(container?.format, 'hfs_plus')
  equal(container?.facts['volume_name'], 'Install')
  const byPath = new Map(members.map((member) => [member.path.join('!'), member]))
  const tool = byPath.get('Tool.app/run')
  deepEqual([tool?.mode, tool?.ownerId, tool?.modifiedMs], [0o4_755, 501, 0])
  equal(Buffer.from(tool?.attributes?.get('a') ?? []).toString(), 'b')
  equal(byPath.get('Applications')?.target, '/Applications')
  deepEqual(files.get('a:b/..namedfork/rsrc'), 'fork')
  deepEqual(found, ['link_absolute Applications', 'set_id Tool.app/run'])
})

test('hfs-plus: a file in more than eight pieces is put together', () => {
  const data = Buffer.from(Array.from({ length: 80_000 }, (_, index) => index % 241))
  const { files } = contentsOf(hfsPlusOf([{ path: 'x', data, fragmented: true }]), 'v')
  equal(files.get('x'), data.toString('latin1'))
})

const NONE = new Uint8Array()
const COMPRESSED = [
  {
    name: 'in its attribute',
    attribute: decmpfsOf(3, 6_000, deflateSync('abc'.repeat(2_000))),
    resource: NONE,
    want: 'abc'.repeat(2_000),
  },
  {
    name: 'by name only',
    attribute: decmpfsOf(3, 5, Buffer.from([0xff, ...text('plain')])),
    resource: NONE,
    want: 'plain',
  },
  {
    name: 'in LZFSE',
    attribute: decmpfsOf(11, PLAIN.length, Buffer.from(STREAMS.lzfse, 'base64')),
    resource: NONE,
    want: PLAIN,
  },
  {
    name: 'in its resource fork',
    attribute: decmpfsOf(4, LONG.length),
    resource: zlibForkOf(LONG),
    want: LONG.toString('latin1'),
  },
]
for (const { name, attribute, resource, want } of COMPRESSED) {
  test(`hfs-plus: a file that is compressed ${name} is unpacked`, () => {
    const attributes = { 'com.apple.decmpfs': attribute }
    const volume = hfsPlusOf([{ path: 'x', compressed: true, attributes, resource }])
    const { files, members, found } = contentsOf(volume, 'v')
    deepEqual(found, [])
    equal(files.get('x'), want)
    equal(members.length, 1)
  })
}

test('hfs-plus: a hard link gives the content once, then says where it is', () => {
  const volume = hfsPlusOf([
    { path: PRIVATE, folder: true },
    { path: `${PRIVATE}/iNode7`, data: text('shared') },
    { path: 'one', inode: 7 },
    { path: 'two', inode: 7 },
  ])
  const { members, files, found } = contentsOf(volume, 'v')
  deepEqual([...files], [['one', 'shared']])
  deepEqual(
    members.map(({ path, kind, target }) => [...path, kind, target]),
    [
      ['one', 'file', undefined],
      ['two', 'hard_link', 'one'],
    ],
  )
  deepEqual(found, [])
})

test('hfs-plus: leaves in a circle end the reading and are told', () => {
  const items = Array.from({ length: 60 }, (_, index) => ({ path: `file ${index}` }))
  const volume = hfsPlusOf(items)
  const leaf = volume.indexOf(Buffer.from('file 59', 'utf16le').swap16())
  ok(leaf > 0)
  // The last leaf of the catalog names itself as the next.
  const node = Math.floor(leaf / 4_096) * 4_096
  const starts = [node, node - 4_096].find((at) => volume.readUInt8(at + 8) === 0xff) ?? 0
  volume.writeUInt32BE(1, starts)
  deepEqual(contentsOf(volume, 'v').found, ['damaged'])
})

test('hfs-plus: attributes count as bytes, files as entries', () => {
  const attributes = { a: Buffer.alloc(2_000) }
  const items = Array.from({ length: 20 }, (_, index) => ({ path: `file ${index}`, attributes }))
  const volume = hfsPlusOf(items)
  deepEqual(contentsOf(volume, 'v', { bytesMax: 30_000 }).limits, ['bytes'])
  const few = contentsOf(volume, 'v', { entriesMax: 5 })
  deepEqual([few.limits, few.members.length], [['entries'], 5])
})

const PACKED = decmpfsOf(3, 6_000, deflateSync('abc'.repeat(2_000)))
const skip = isSevenZipMissing() ? '7zz is not installed' : false
test('hfs-plus: 7-Zip finds the same in what these tests write', { skip }, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-hfs-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const image = join(folder, 'v.img')
  const volume = hfsPlusOf([
    { path: 'd', folder: true },
    { path: 'd/a', data: text('hello') },
    { path: 'pieces', data: LONG, fragmented: true },
    { path: 'packed', compressed: true, attributes: { 'com.apple.decmpfs': PACKED } },
  ])
  writeFileSync(image, volume)
  const { files } = contentsOf(volume, 'v')
  const ours = new Map([...files].map(([name, content]) => [name, digestOf(content)]))
  deepEqual(sevenZipFiles(image, 'Volume'), ours)
})
