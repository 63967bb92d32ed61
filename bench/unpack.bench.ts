/** How fast containers are taken apart, and how much memory a large disk image takes. */
import { equal } from 'node:assert/strict'
import { deflateRawSync } from 'node:zlib'
import { unpack } from '@pomona/analysis'
import { hfsPlusOf } from '../packages/analysis/test/containers/support/hfs-plus.ts'
import { udifOf } from '../packages/analysis/test/containers/support/udif.ts'
import { zipOf } from '../packages/analysis/test/containers/support/zip.ts'
import { dice } from '../packages/analysis/test/dice.ts'
import { median, type Report, seconds, shown, spread } from './measurement.ts'

const ROUNDS = 3
const FILES = 200
const FILE_BYTES = 1_048_576
const MEBIBYTE = 1_048_576
const PIECE_BYTES = 64

/** A file that packs to about half, as programs do: every other piece repeats an earlier one. */
function fileOf(seed: number): Buffer {
  const roll = dice(seed)
  const bytes = Buffer.alloc(FILE_BYTES)
  for (let at = 0; at < FILE_BYTES; at += PIECE_BYTES) {
    const repeats = at > 0 && roll(2) === 0
    const from = repeats ? roll(at / PIECE_BYTES) * PIECE_BYTES : 0
    if (repeats) bytes.copy(bytes, at, from, from + PIECE_BYTES)
    else for (let index = 0; index < PIECE_BYTES; index++) bytes[at + index] = roll(256)
  }
  return bytes
}

interface Case {
  readonly name: string
  readonly bytes: Buffer
}

function cases(): readonly Case[] {
  const files = Array.from({ length: FILES }, (_, index) => fileOf(index))
  const disk = hfsPlusOf(files.map((data, index) => ({ path: `file ${index}`, data })))
  const archive = files.map((bytes, index) => ({
    name: `file ${index}`,
    bytes,
    packed: { bytes: deflateRawSync(bytes), method: 8 },
  }))
  return [
    { name: 'ZIP, deflate', bytes: zipOf(archive) },
    { name: 'disk image, zlib, HFS+', bytes: udifOf(disk) },
    { name: 'disk, HFS+', bytes: disk },
  ]
}

/** Takes a container apart once. @returns Bytes of files that were seen. */
function unpackedBytes({ name, bytes }: Case): number {
  let total = 0
  const visit = (_: unknown, content: Uint8Array): void => {
    total += content.length
  }
  const { findings, limits } = unpack(bytes, { name, visit })
  equal(findings.length + limits.length, 0)
  return total
}

/** Rates of taking containers of 200 MiB apart. */
export async function bench(): Promise<Report> {
  const rows: string[][] = []
  for (const one of cases()) {
    const rates: number[] = []
    const held: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = process.memoryUsage().rss
      const taken = await seconds(() => equal(unpackedBytes(one), FILES * FILE_BYTES))
      rates.push((FILES * FILE_BYTES) / MEBIBYTE / taken)
      held.push((process.memoryUsage().rss - before) / MEBIBYTE)
    }
    const packed = shown(one.bytes.length / MEBIBYTE)
    rows.push([one.name, packed, spread(rates), shown(Math.max(0, median(held)))])
  }
  return {
    title: 'Containers taken apart',
    notes: [
      `${FILES} synthetic files of one MiB that pack to about half, in containers that the tests' own writers made; every file's content is given to a visitor that counts its bytes. The container is in memory before.`,
      'Growth is of resident memory over one run, in MiB, the median; garbage that was not collected is in it.',
    ],
    columns: ['container', 'MiB packed', 'MiB unpacked/s', 'growth, MiB'],
    rows,
  }
}
