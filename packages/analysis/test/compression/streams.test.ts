import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { unpackAdc } from '../../src/compression/adc.ts'
import { unpackBzip2 } from '../../src/compression/bzip2.ts'
import type { Decoded } from '../../src/compression/decoded.ts'
import { gzipName, unpackGzip } from '../../src/compression/gzip.ts'
import { unpackLzfse } from '../../src/compression/lzfse.ts'
import { unpackLzvn } from '../../src/compression/lzvn.ts'
import { unpackPbzx } from '../../src/compression/pbzx.ts'
import { unpackLzmaAlone, unpackXz } from '../../src/compression/xz.ts'
import { unpackZlib, unpackZstd } from '../../src/compression/zlib.ts'
import { dice } from '../dice.ts'
import { mutated } from '../mutate.ts'
import { PLAIN, STREAMS } from './vectors.ts'

const BYTES_MAX = 1_000_000
const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))
const ROUNDS = Number(process.env['ROUNDS'] ?? 5_000)
const bytesOf = (base64: string) => Buffer.from(base64, 'base64')
const textOf = ({ bytes }: Decoded) => Buffer.from(bytes).toString('latin1')

/** Two chunks: one of xz, one that is not packed. */
function pbzxOf(xz: string, content: string): Buffer {
  const chunk = (size: number, packed: Uint8Array) => {
    const header = Buffer.alloc(16)
    header.writeBigUInt64BE(BigInt(size), 0)
    header.writeBigUInt64BE(BigInt(packed.length), 8)
    return Buffer.concat([header, packed])
  }
  const header = Buffer.from('pbzx\0\0\0\0\u0001\0\0\0', 'latin1')
  const first = chunk(content.length, bytesOf(xz))
  return Buffer.concat([header, first, chunk(5, Buffer.from('plain'))])
}

const CASES = [
  { name: 'bzip2', unpack: unpackBzip2, packed: bytesOf(STREAMS.bzip2), plain: PLAIN },
  { name: 'xz with CRC-32', unpack: unpackXz, packed: bytesOf(STREAMS.xzCrc32), plain: PLAIN },
  { name: 'xz with CRC-64', unpack: unpackXz, packed: bytesOf(STREAMS.xzCrc64), plain: PLAIN },
  { name: 'lzma', unpack: unpackLzmaAlone, packed: bytesOf(STREAMS.lzma), plain: PLAIN },
  { name: 'lzfse', unpack: unpackLzfse, packed: bytesOf(STREAMS.lzfse), plain: PLAIN },
  {
    name: 'lzfse around lzvn',
    unpack: unpackLzfse,
    packed: bytesOf(STREAMS.lzvn),
    plain: PLAIN.slice(0, 2_000),
  },
  {
    name: 'bare lzvn',
    unpack: unpackLzvn,
    packed: bytesOf(STREAMS.lzvn).subarray(12, -4),
    plain: PLAIN.slice(0, 2_000),
  },
  {
    name: 'pbzx',
    unpack: unpackPbzx,
    packed: pbzxOf(STREAMS.xzCrc32, PLAIN),
    plain: `${PLAIN}plain`,
  },
  { name: 'gzip', unpack: unpackGzip, packed: gzipSync(PLAIN), plain: PLAIN },
  { name: 'zlib', unpack: unpackZlib, packed: deflateSync(PLAIN), plain: PLAIN },
  { name: 'zstd', unpack: unpackZstd, packed: zstdCompressSync(PLAIN), plain: PLAIN },
  {
    name: 'adc',
    unpack: unpackAdc,
    // Four plain bytes, six from a distance of four, four from a distance of one.
    packed: Buffer.from([0x83, ...Buffer.from('abcd'), 0x0c, 0x03, 0x40, 0x00, 0x00]),
    plain: 'abcdabcdabbbbb',
  },
]
for (const { name, unpack, packed, plain } of CASES) {
  test(`streams: ${name} is unpacked to its end`, () => {
    const result = unpack(packed, BYTES_MAX)
    equal(result.problem, undefined)
    equal(textOf(result), plain)
    equal(result.consumed, packed.length)
  })

  test(`streams: ${name} may fill the limit and not pass it`, () => {
    equal(unpack(packed, plain.length).problem, undefined)
    const tooLong = unpack(packed, plain.length - 1)
    equal(tooLong.problem, 'limit')
    ok(plain.startsWith(textOf(tooLong)))
  })

  test(`streams: a cut ${name} gives no more than a beginning, and says so`, () => {
    for (const length of [1, 8, packed.length >> 1, packed.length - 1]) {
      const cut = unpack(packed.subarray(0, length), BYTES_MAX)
      ok(cut.problem !== undefined || textOf(cut).length < plain.length, `cut at ${length}`)
      ok(plain.startsWith(textOf(cut)), `cut at ${length}`)
    }
  })

  test(`streams: a damaged ${name} never throws and stays in its limit (SEED=${SEED})`, () => {
    const roll = dice(SEED)
    let problems = 0
    for (let round = 0; round < ROUNDS; round++) {
      const result = unpack(mutated(packed, roll), 50_000)
      ok(result.bytes.length <= 50_000, `SEED=${SEED} round ${round}`)
      if (result.problem !== undefined) problems += 1
    }
    ok(problems > ROUNDS / 20)
  })
}

test('streams: gzip goes on with the members that follow, and not beyond', () => {
  const packed = Buffer.concat([gzipSync('a'), gzipSync('b'), Buffer.from('rest')])
  const result = unpackGzip(packed, 10)
  deepEqual([textOf(result), result.consumed], ['ab', packed.length - 4])
})

test('streams: gzip tells a wrong sum, and the name of its file', () => {
  const packed = gzipSync('abc')
  packed[packed.length - 5] = (packed.at(-5) ?? 0) ^ 1
  equal(unpackGzip(packed, 10).problem, 'checksum')
  const named = Buffer.concat([packed.subarray(0, 10), Buffer.from('x.sh\0'), packed.subarray(10)])
  named[3] = 8
  equal(gzipName(named), 'x.sh')
})

// Text, runs, noise: what makes encoders choose different blocks.
function variedBytes(seed: number): Buffer {
  const roll = dice(seed)
  return Buffer.concat([
    Buffer.from(PLAIN.repeat(20)),
    Buffer.alloc(300_000, 'a'),
    Buffer.from(Array.from({ length: 60_000 }, () => roll(256))),
    Buffer.from(Array.from({ length: 200_000 }, () => roll(4))),
  ])
}

const PROGRAMS = [
  { program: 'bzip2', args: ['-c', '-1'], unpack: unpackBzip2 },
  { program: 'bzip2', args: ['-c', '-9'], unpack: unpackBzip2 },
  { program: 'xz', args: ['-c', '-0'], unpack: unpackXz },
  { program: 'xz', args: ['-c', '-6', '--block-size=100000'], unpack: unpackXz },
  { program: 'xz', args: ['-c', '-T1', '--lzma2=preset=3,lc=1,lp=2,pb=0'], unpack: unpackXz },
  { program: 'xz', args: ['-c', '--format=lzma'], unpack: unpackLzmaAlone },
]
for (const { program, args, unpack } of PROGRAMS) {
  const isMissing = spawnSync(program, ['--version'], { input: '' }).status !== 0
  const skip = isMissing ? `${program} is not installed` : false
  test(`streams: what ${program} ${args.join(' ')} packs is the same again`, { skip }, () => {
    const plain = variedBytes(SEED)
    const packed = spawnSync(program, args, { input: plain, maxBuffer: BYTES_MAX * 4 }).stdout
    const result = unpack(packed, BYTES_MAX * 4)
    equal(result.problem, undefined)
    ok(plain.equals(result.bytes), `SEED=${SEED}`)
  })
}
