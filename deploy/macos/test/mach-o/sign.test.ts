import { deepEqual, equal, notEqual, throws } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { readMachImage } from '../../mach-o/image.ts'
import { signAdHoc } from '../../mach-o/sign.ts'
import { universalBinary } from '../../mach-o/universal.ts'
import { readSignature, slicesOf } from '../support/code-signature.ts'
import { CPU, tinyMachO } from '../support/tiny-mach-o.ts'

const OPTIONS = {
  identifier: 'com.example.agent',
  infoPlist: Buffer.from('info'),
  codeResources: Buffer.from('resources'),
}

test('ad-hoc signature: every page has its hash, and the identifier is ours', () => {
  const { pagesWrong, pages, identifier, flags } = readSignature(
    signAdHoc(tinyMachO(CPU.arm64), OPTIONS),
  )
  deepEqual(pagesWrong, [])
  equal(pages, 9)
  equal(identifier, OPTIONS.identifier)
  equal(flags, 2)
})

test('ad-hoc signature: Info.plist and resources are bound', () => {
  const { special } = readSignature(signAdHoc(tinyMachO(CPU.arm64), OPTIONS))
  const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
  equal(special.get(1), hash(OPTIONS.infoPlist))
  equal(special.get(3), hash(OPTIONS.codeResources))
})

test('ad-hoc signature: one changed byte spoils one page', () => {
  const signed = signAdHoc(tinyMachO(CPU.arm64), OPTIONS)
  signed.writeUInt8(0, 5_000)
  deepEqual(readSignature(signed).pagesWrong, [1])
})

test('ad-hoc signature: the link-edit segment ends where the file ends', () => {
  const signed = signAdHoc(tinyMachO(CPU.arm64), OPTIONS)
  const { segments, signature } = readMachImage(signed)
  const linkEdit = segments.get('__LINKEDIT')
  equal((linkEdit?.fileOffset ?? 0) + (linkEdit?.fileSize ?? 0), signed.length)
  equal((signature?.dataOffset ?? 0) + (signature?.dataSize ?? 0), signed.length)
})

test('ad-hoc signature: signing again gives the same file', () => {
  const once = signAdHoc(tinyMachO(CPU.arm64), OPTIONS)
  deepEqual(signAdHoc(once, OPTIONS), once)
})

test('ad-hoc signature: another identifier is another code directory hash', () => {
  const one = readSignature(signAdHoc(tinyMachO(CPU.arm64), OPTIONS))
  const other = readSignature(
    signAdHoc(tinyMachO(CPU.arm64), { ...OPTIONS, identifier: 'com.example.other' }),
  )
  notEqual(one.cdhash, other.cdhash)
})

const damaged = [
  { name: 'an empty file', bytes: Buffer.alloc(0) },
  { name: 'something else', bytes: Buffer.alloc(100, 1) },
  { name: 'commands beyond the end', bytes: tinyMachO(CPU.arm64).subarray(0, 60) },
  { name: 'a universal file', bytes: universalBinary([tinyMachO(CPU.arm64)]) },
]
for (const { name, bytes } of damaged) {
  test(`ad-hoc signature: ${name} is refused`, () => {
    throws(() => signAdHoc(bytes, OPTIONS), Error)
  })
}

test('universal binary: slices come back as they went in, aligned', () => {
  const slices = [tinyMachO(CPU.x64), tinyMachO(CPU.arm64)]
  const universal = universalBinary(slices)
  deepEqual(slicesOf(universal), slices)
  equal(universal.readUInt32BE(8 + 8) % 0x40_00, 0)
  equal(universal.readUInt32BE(8), CPU.x64)
})
