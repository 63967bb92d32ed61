import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createGunzip, deflateSync } from 'node:zlib'
import { unpack } from '../../../src/containers/unpack.ts'
import { apfsOf } from '../support/apfs.ts'
import { contentsOf } from '../support/contents.ts'
import { decmpfsOf } from '../support/decmpfs.ts'
import { digestOf, isSevenZipMissing, sevenZipFiles } from '../support/seven-zip.ts'
import { udifOf } from '../support/udif.ts'

const text = (value: string) => Buffer.from(value)
const LONG = Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 7) % 253))
const ITEMS = [
  { path: 'Tool.app', mode: 0o040_755 },
  { path: 'Tool.app/run', mode: 0o104_755, data: LONG, attributes: { 'com.apple.a': text('b') } },
  {
    path: 'Applications',
    mode: 0o120_755,
    attributes: { 'com.apple.fs.symlink': text('/Applications\0') },
  },
  { path: 'sparse', data: text('end'), holeBlocks: 3 },
  { path: 'empty', data: text('') },
  {
    path: 'packed',
    compressed: true,
    attributes: { 'com.apple.decmpfs': decmpfsOf(3, 3_000, deflateSync('abc'.repeat(1_000))) },
  },
]

test('apfs: gives folders, files, links, modes, owners, times and attributes', () => {
  const { members, files, container, found } = contentsOf(apfsOf(ITEMS), 'v.img')
  equal(container?.format, 'apfs')
  equal(container?.facts['volumes'], 'Install')
  const byPath = new Map(members.map((member) => [member.path.join('!'), member]))
  const tool = byPath.get('Tool.app/run')
  deepEqual([tool?.mode, tool?.ownerId, tool?.modifiedMs], [0o4_755, 501, 1_700_000_000_000])
  equal(Buffer.from(tool?.attributes?.get('com.apple.a') ?? []).toString(), 'b')
  equal(byPath.get('Applications')?.target, '/Applications')
  equal(files.get('Tool.app/run'), LONG.toString('latin1'))
  equal(files.get('sparse'), `${'\0'.repeat(3 * 4_096)}end`)
  equal(files.get('packed'), 'abc'.repeat(1_000))
  deepEqual(found.toSorted(), ['link_absolute Applications', 'set_id Tool.app/run'])
})

test('apfs: a further name of a file says where the content is', () => {
  const items = [
    { path: 'a', data: text('x') },
    { path: 'b', sameAs: 'a' },
  ]
  const { members } = contentsOf(apfsOf(items), 'v')
  deepEqual(
    members.map(({ path, kind, target }) => [...path, kind, target]),
    [
      ['a', 'file', undefined],
      ['b', 'hard_link', 'a'],
    ],
  )
})

test('apfs: many files in several leaves', () => {
  const items = Array.from({ length: 60 }, (_, index) => ({
    path: `file ${index}`,
    data: text(`${index}`),
  }))
  const { files } = contentsOf(apfsOf(items), 'v')
  equal(files.size, 60)
  equal(files.get('file 59'), '59')
})

test('apfs: a volume that needs a password says so', () => {
  deepEqual(contentsOf(apfsOf(ITEMS, 0), 'v').found, ['encrypted'])
})

test('apfs: a torn checkpoint is passed over for one that is whole', () => {
  const image = apfsOf(ITEMS)
  // The copy in the ring claims to be the newest and points nowhere, but its sum is wrong.
  image.writeBigUInt64LE(9n, 4_096 + 16)
  image.writeBigUInt64LE(9_999n, 4_096 + 160)
  const { files, found } = contentsOf(image, 'v')
  equal(files.get('Tool.app/run'), LONG.toString('latin1'))
  ok(!found.includes('damaged'))
})

test('apfs: a folder inside of itself ends', () => {
  const { members } = contentsOf(
    apfsOf([
      { path: 'a', mode: 0o040_755 },
      { path: 'a/b', sameAs: 'a' },
    ]),
    'v',
  )
  equal(members.length, 2)
})

test('apfs: attributes count as bytes, files as entries', () => {
  const attributes = { a: Buffer.alloc(1_000) }
  const items = Array.from({ length: 12 }, (_, index) => ({ path: `file ${index}`, attributes }))
  deepEqual(contentsOf(apfsOf(items), 'v', { bytesMax: 5_000 }).limits, ['bytes'])
  const few = contentsOf(apfsOf(items), 'v', { entriesMax: 5 })
  deepEqual([few.limits, few.members.length], [['entries'], 5])
})

test('apfs: is found in a disk image', () => {
  const { files } = contentsOf(udifOf(apfsOf(ITEMS)), 'a.dmg')
  equal(files.get('disk image!Tool.app/run'), LONG.toString('latin1'))
})

const skip = isSevenZipMissing() ? '7zz is not installed' : false
test('apfs: 7-Zip finds the same in what these tests write', { skip }, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-apfs-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const image = join(folder, 'v.apfs')
  // Holes it fills with the first block of the disk, so there are none in this image.
  writeFileSync(image, apfsOf(ITEMS.filter(({ path }) => path !== 'sparse')))
  const { files } = contentsOf(readFileSync(image), 'v')
  const ours = new Map([...files].map(([name, content]) => [name, digestOf(content)]))
  // It writes attributes out as files behind a colon.
  const theirs = [...sevenZipFiles(image)].filter(([name]) => !name.includes(':'))
  deepEqual(new Map(theirs), ours)
})

const FIRST_BYTES = 100_000_000
const EMPTY = join(
  import.meta.dirname,
  '../../../../../../shared/data/artifacts/dmg/empty-apfs-container-640M.img.gz',
)
const missing = existsSync(EMPTY) ? false : 'the container is not at ../shared/data'
test('apfs: an empty container of another maker is read', { skip: missing }, async () => {
  // All that it holds lies in its first part; the rest of the 640 MB are zeros.
  const reading = createReadStream(EMPTY).pipe(createGunzip())
  const parts: Buffer[] = []
  let length = 0
  for await (const part of reading) {
    // The stream gives buffers, as no encoding is set.
    parts.push(part as Buffer)
    length += parts.at(-1)?.length ?? 0
    if (length > FIRST_BYTES) break
  }
  const { container, members, findings } = unpack(Buffer.concat(parts), { name: 'empty.img' })
  deepEqual([container?.format, members, findings], ['apfs', [], []])
  equal(container?.facts['volumes'], 'TESTVOL')
})
