import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { contentsOf } from '../support/contents.ts'
import { hfsPlusOf } from '../support/hfs-plus.ts'
import { digestOf, isSevenZipMissing, sevenZipFiles } from '../support/seven-zip.ts'
import { udifOf } from '../support/udif.ts'

const DATA = Buffer.from('content of the image '.repeat(3_000))
const DISK = hfsPlusOf([{ path: 'file', data: DATA }])
const PLAIN = { type: 1, pack: (bytes: Uint8Array) => bytes }
/** Runs of Apple's oldest compression, made of plain bytes only. */
const ADC = {
  type: 0x80_00_00_04,
  pack: (bytes: Uint8Array) => {
    const parts: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += 128) {
      const part = bytes.subarray(at, at + 128)
      parts.push(Uint8Array.of(0x80 | (part.length - 1)), part)
    }
    return Buffer.concat(parts)
  },
}

for (const { name, run } of [
  { name: 'zlib', run: undefined },
  { name: 'plain', run: PLAIN },
  { name: 'ADC', run: ADC },
]) {
  test(`udif: a disk of ${name} runs is read, its gaps with it`, () => {
    const { files, found, container } = contentsOf(udifOf(DISK, run), 'a.dmg')
    deepEqual(found, [])
    equal(container?.format, 'udif')
    equal(files.get('disk image!file'), DATA.toString('latin1'))
  })
}

test('udif: tells a wrong sum, and damage in a run with the file it hits', () => {
  const image = udifOf(DISK)
  image.fill(0xff, 20, 60)
  const { found } = contentsOf(image, 'a.dmg')
  ok(found.includes('checksum_mismatch'), found.join())
  ok(
    found.some((one) => one.startsWith('damaged')),
    found.join(),
  )
})

test('udif: an encrypted image says so', () => {
  const image = Buffer.concat([Buffer.from('encrcdsa'), Buffer.alloc(4_096)])
  deepEqual(contentsOf(image, 'a.dmg').found, ['encrypted'])
})

test('udif: a run that promises absurdly much is refused', () => {
  const image = udifOf(DISK)
  const start = image.indexOf('<data>') + 6
  const end = image.indexOf('</data>')
  const table = Buffer.from(image.toString('latin1', start, end), 'base64')
  table.writeBigUInt64BE(1n << 40n, 204 + 16)
  image.write(table.toString('base64'), start, 'latin1')
  const { found, files } = contentsOf(image, 'a.dmg')
  ok(
    found.some((one) => one.startsWith('damaged')),
    found.join(),
  )
  equal(files.size, 0)
})

const SAMPLES = join(import.meta.dirname, '../../../../../../shared/data/artifacts/dmg')
const images = existsSync(SAMPLES) ? readdirSync(SAMPLES).filter((one) => one.endsWith('.dmg')) : []
if (images.length === 0) {
  test('udif: images of other makers', { skip: 'images are not at ../shared/data' }, () => {})
}
for (const image of images) {
  const skip = isSevenZipMissing() ? '7zz is not installed' : false
  test(`udif: ${image} holds what 7-Zip finds in it`, { skip }, () => {
    const path = join(SAMPLES, image)
    const { files, found, members } = contentsOf(readFileSync(path), image)
    deepEqual(found, [])
    // What is packed again inside of the volume is beyond the comparison.
    const direct = [...files].filter(([name]) => name.split('!').length === 3)
    const ours = new Map<string, string>()
    for (const [name, content] of direct) ours.set(name.replace(/^.*!/, ''), digestOf(content))
    const volume = members.find(({ container }) => container?.format === 'hfs_plus')
    const name = volume?.container?.facts['volume_name']
    const theirs = sevenZipFiles(path, String(name))
    ok(theirs.size > 0)
    deepEqual(ours, theirs)
  })
}
