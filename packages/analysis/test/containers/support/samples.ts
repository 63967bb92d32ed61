import { gzipSync } from 'node:zlib'
import { apfsOf } from './apfs.ts'
import { appleDoubleOf } from './apple-double.ts'
import { asarOf } from './asar.ts'
import { cpioOf } from './cpio.ts'
import { decmpfsOf } from './decmpfs.ts'
import { hfsPlusOf } from './hfs-plus.ts'
import { madeImage } from './made-images.ts'
import { pyInstallerOf, pyzOf } from './pyinstaller.ts'
import { paxOf, tarOf } from './tar.ts'
import { udifOf } from './udif.ts'
import { xarOf } from './xar.ts'
import { zipOf } from './zip.ts'

const text = (value: string) => Buffer.from(value)

/** A sound container of a kind, small, with something in it. */
export interface Sample {
  readonly name: string
  readonly bytes: Uint8Array
  /** Bytes at the beginning in which the structures are, where the rest is empty. */
  readonly structureBytes?: number
}

const ENTRIES = [
  { name: 'Tool.app/', mode: 0o040_755 },
  { name: 'Tool.app/Contents/MacOS/Tool', bytes: text('#!/bin/sh\necho hello\n'.repeat(20)) },
  { name: 'Tool.app/link', bytes: text('Contents'), mode: 0o120_755 },
  { name: '__MACOSX/._Tool.app', bytes: appleDoubleOf({ 'com.apple.quarantine': '0083;5f1c;a;' }) },
]

const CPIO = [
  { path: './bin', mode: 0o040_755 },
  { path: './bin/tool', bytes: text('#!/bin/sh\n') },
  { path: './l', mode: 0o120_777, bytes: text('bin') },
]

const HFS = [
  { path: 'Tool.app', folder: true },
  { path: 'Tool.app/run', data: text('code'), attributes: { a: text('b') }, resource: text('r') },
  { path: 'l', mode: 0o120_755, data: text('/Applications') },
  { path: 'f', data: Buffer.alloc(40_000, 'x'), fragmented: true },
  { path: 'c', compressed: true, attributes: { 'com.apple.decmpfs': decmpfsOf(3, 9, text('x')) } },
]

const APFS = [
  { path: 'd', mode: 0o040_755 },
  { path: 'd/f', data: text('x'), attributes: { a: text('b') }, holeBlocks: 1 },
  { path: 'l', mode: 0o120_755, attributes: { 'com.apple.fs.symlink': text('d') } },
  { path: 'c', compressed: true, attributes: { 'com.apple.decmpfs': decmpfsOf(3, 9, text('x')) } },
]

/** The first sector, both tables and the part of the root folder that is used. */
const FAT_STRUCTURE_BYTES = 3_000

/** One of each kind, the seeds of the fuzzers. */
export const SAMPLES: readonly Sample[] = [
  { name: 'sample.zip', bytes: zipOf(ENTRIES) },
  { name: 'nested.zip', bytes: zipOf([{ name: 'in.zip', bytes: zipOf(ENTRIES), store: true }]) },
  { name: '._sample', bytes: appleDoubleOf({ a: 'b', 'com.apple.quarantine': 'c' }, text('fork')) },
  { name: 'Payload', bytes: cpioOf(CPIO) },
  { name: 'Scripts', bytes: cpioOf(CPIO, 'newc') },
  {
    name: 'sample.pkg',
    bytes: xarOf([
      { path: 'a.pkg/Payload', bytes: gzipSync(cpioOf(CPIO)) },
      { path: 'a.pkg/PackageInfo', bytes: text('<pkg-info identifier="a"/>'), deflate: true },
    ]),
  },
  { name: 'volume.img', bytes: hfsPlusOf(HFS) },
  { name: 'sample.dmg', bytes: udifOf(hfsPlusOf(HFS)) },
  { name: 'apfs.img', bytes: apfsOf(APFS) },
  {
    name: 'app.asar',
    bytes: asarOf([
      { path: 'a/b.js', text: 'x' },
      { path: 'c', link: 'a' },
    ]).bytes,
  },
  {
    name: 'sample.tar',
    bytes: tarOf([
      { path: 'a', kind: 'x', bytes: paxOf({ path: 'b', 'SCHILY.xattr.a': 'b' }) },
      { path: 'c', bytes: text('x') },
      { path: 'l', kind: '2', target: 'c' },
    ]),
  },
  { name: 'hybrid.iso', bytes: madeImage('hybrid') },
  { name: 'fat12.img', bytes: madeImage('fat12'), structureBytes: FAT_STRUCTURE_BYTES },
  {
    name: 'program',
    bytes: pyInstallerOf([
      { name: 'tool', kind: 's', bytes: text('x'), packed: true },
      { name: 'PYZ.pyz', kind: 'z', bytes: pyzOf({ a: 'b', 'c.d': 'e' }) },
    ]),
  },
  { name: 'sample.gz', bytes: gzipSync(zipOf(ENTRIES)) },
]
