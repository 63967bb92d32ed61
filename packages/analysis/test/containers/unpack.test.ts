import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { unpack } from '../../src/containers/unpack.ts'
import { contentsOf } from './support/contents.ts'
import { zipOf } from './support/zip.ts'

/** Archives in archives; the innermost holds a file. */
function nestedZip(depth: number): Buffer {
  let archive = zipOf([{ name: 'bottom', bytes: Buffer.from('reached') }])
  for (let level = 1; level < depth; level++) archive = zipOf([{ name: 'z.zip', bytes: archive }])
  return archive
}

test('unpack: what is no container has no members', () => {
  const { container, members } = contentsOf(Buffer.from('just text'), 'a.txt')
  equal(container, undefined)
  deepEqual(members, [])
})

test('unpack: goes into containers inside of containers, one path each', () => {
  const { files } = contentsOf(nestedZip(3), 'a.zip')
  equal(files.get('z.zip!z.zip!bottom'), 'reached')
})

test('unpack: exactly as deep as allowed, and no deeper', () => {
  const whole = contentsOf(nestedZip(4), 'a.zip', { depthMax: 4 })
  deepEqual(whole.limits, [])
  ok([...whole.files.values()].includes('reached'))
  const cut = contentsOf(nestedZip(5), 'a.zip', { depthMax: 4 })
  deepEqual(cut.limits, ['depth'])
  equal(cut.members.at(-1)?.container?.format, 'zip')
})

const zeros = (bytes: number) => ({ name: 'zeros', bytes: Buffer.alloc(bytes) })
const BOMBS = [
  { name: 'fifty archives deep', archive: () => nestedZip(50), limit: 'depth' },
  { name: 'a thousand to one', archive: () => zipOf([zeros(20_000_000)]), limit: 'ratio' },
  {
    name: 'a hundred thousand entries',
    archive: () =>
      zipOf(Array.from({ length: 100_000 }, (_, n) => ({ name: `${n}`, store: true }))),
    limit: 'entries',
  },
]
for (const { name, archive, limit } of BOMBS) {
  test(`unpack: a bomb of ${name} ends at the limit ${limit}`, () => {
    const { limits } = unpack(archive(), { name: 'bomb.zip' })
    deepEqual(limits, [limit])
  })
}

const TIGHT = [
  { limit: 'bytes', limits: { bytesMax: 3_000_000, ratioMax: 5_000 } },
  { limit: 'entry_bytes', limits: { entryBytesMax: 100_000, ratioMax: 5_000 } },
  { limit: 'steps', limits: { stepsMax: 3, ratioMax: 5_000 } },
] as const
for (const { limit, limits } of TIGHT) {
  test(`unpack: ${limit} are bounded`, () => {
    const archive = zipOf([zeros(2_000_000), { ...zeros(2_000_000), name: 'more' }])
    const unpacked = unpack(archive, { name: 'a.zip', limits })
    deepEqual(unpacked.limits, [limit])
    ok(unpacked.used.bytes <= 3_000_000)
  })
}

test('unpack: findings beyond the limit are counted', () => {
  const archive = zipOf(Array.from({ length: 5 }, (_, n) => ({ name: `../${n}` })))
  const { findings, findingsDropped } = unpack(archive, { name: 'a', limits: { findingsMax: 2 } })
  deepEqual([findings.length, findingsDropped], [2, 3])
})

test('unpack: what the visitor throws goes through', () => {
  const visit = () => {
    throw new Error('of the visitor')
  }
  throws(() => unpack(zipOf([{ name: 'a' }]), { name: 'a.zip', visit }), /of the visitor/)
})
