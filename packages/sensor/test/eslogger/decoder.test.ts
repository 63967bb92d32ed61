import { deepEqual, equal, ok } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { EsloggerDecoder, type LineRead, readEslogger, type ReaderOptions } from '@pomona/sensor'
import { seededRandom } from '../prng.ts'

const LINE = '{"version":9,"seq_num":0,"global_seq_num":0,"event":{"exit":{"stat":0}}}'

function decode(bytes: Uint8Array, options: ReaderOptions = {}): Decoded {
  const decoder = new EsloggerDecoder(options)
  const reads = [...decoder.push(bytes), ...decoder.end()]
  return { decoder, reads }
}

interface Decoded {
  readonly decoder: EsloggerDecoder
  readonly reads: readonly LineRead[]
}

function checkBalance(decoder: EsloggerDecoder): void {
  const { received, sent, discarded, held } = decoder.counts()
  const refused = Object.values(discarded).reduce((sum, count) => sum + count, 0)
  equal(received, sent + refused + held)
}

const streams = [
  { name: 'an empty stream', text: '', sent: 0, discarded: {} },
  { name: 'one line', text: `${LINE}\n`, sent: 1, discarded: {} },
  { name: 'a last line without line break', text: `${LINE}\n${LINE}`, sent: 2, discarded: {} },
  {
    name: 'a last line cut off',
    text: `${LINE}\n${LINE.slice(0, 20)}`,
    sent: 1,
    discarded: { partial: 1 },
  },
  { name: 'line breaks of Windows', text: `${LINE}\r\n${LINE}\r\n`, sent: 2, discarded: {} },
  { name: 'blank lines', text: `\n${LINE}\n\n`, sent: 1, discarded: { blank: 2 } },
  {
    name: 'a line of exactly the limit',
    text: `${LINE}${' '.repeat(100 - LINE.length)}\n`,
    sent: 1,
    discarded: {},
  },
  {
    name: 'a line one byte too long',
    text: `${LINE}${' '.repeat(101 - LINE.length)}\n${LINE}\n`,
    sent: 1,
    discarded: { too_long: 1 },
  },
  {
    name: 'a long line without end',
    text: `${LINE}\n${'x'.repeat(500)}`,
    sent: 1,
    discarded: { too_long: 1 },
  },
]
for (const { name, text, sent, discarded } of streams) {
  test(`decoder: reads ${name}`, () => {
    const { decoder, reads } = decode(Buffer.from(text), { lineBytesMax: 100 })
    const counts = decoder.counts()
    equal(counts.sent, sent)
    deepEqual(counts.discarded, discarded)
    checkBalance(decoder)
    deepEqual(
      reads.map((read) => (read.ok ? read.record.sequence : read.sequence)),
      [...reads.keys()],
    )
  })
}

test('decoder: a stray byte does not hide a record', () => {
  const bytes = Buffer.from(
    `${LINE}\n{"version":9,"event":{"exec":{"args":["a\u00ff"]}}}\n`,
    'latin1',
  )
  const { decoder, reads } = decode(bytes)
  const counts = decoder.counts()
  equal(counts.sent, 2)
  equal(counts.utf8Replaced, 1)
  const [, second] = reads
  ok(second?.ok)
  deepEqual(second.record.value['event'], { exec: { args: ['a\ufffd'] } })
})

test('decoder: unknown types and versions are counted and kept', () => {
  const { decoder } = decode(
    Buffer.from('{"version":12,"event":{"teleport":{}}}\n{"event":{"exit":{}}}\n'),
  )
  const { sent, unknownTypes, unknownVersions } = decoder.counts()
  equal(sent, 2)
  deepEqual(unknownTypes, { teleport: 1 })
  deepEqual(unknownVersions, { 12: 1, undefined: 1 })
})

test('decoder: names of unknown types stay bounded in number and length', () => {
  const lines = Array.from(
    { length: 300 },
    (_, index) => `{"version":9,"event":{"${'t'.repeat(99)}${index}":{}}}`,
  )
  const names = Array.from({ length: 300 }, (_, index) => `{"version":9,"event":{"t${index}":{}}}`)
  const { decoder } = decode(Buffer.from([...lines, ...names, ''].join('\n')))
  const keys = Object.keys(decoder.counts().unknownTypes)
  equal(keys.length, 64)
  equal(Math.max(...keys.map((key) => key.length)), 64)
})

test('decoder: keeps the first refused lines as short samples', () => {
  const { decoder } = decode(Buffer.from('abcdef\n'.repeat(5)), {
    samplesMax: 2,
    sampleCharactersMax: 3,
  })
  deepEqual(decoder.samples(), [
    { sequence: 0, reason: 'syntax', text: 'abc' },
    { sequence: 1, reason: 'syntax', text: 'abc' },
  ])
  equal(decoder.counts().discarded.syntax, 5)
})

test('decoder: says while a line is unfinished', () => {
  const decoder = new EsloggerDecoder()
  decoder.push(Buffer.from(`${LINE}\n{"ev`))
  equal(decoder.counts().held, 1)
  checkBalance(decoder)
  decoder.push(Buffer.from('ent":{"exit":{}}}\n'))
  equal(decoder.counts().held, 0)
  equal(decoder.counts().sent, 2)
})

test('decoder: a buffer may be used again after push', () => {
  const decoder = new EsloggerDecoder()
  const buffer = Buffer.from('{"event":{"ex')
  decoder.push(buffer)
  buffer.fill(0)
  const [read] = decoder.push(Buffer.from('it":{}}}\n'))
  equal(read?.ok, true)
})

const SEED = 41

test(`decoder: pieces of any size give the same answer as one (seed ${SEED})`, async () => {
  const random = seededRandom(SEED)
  const parts = [
    LINE,
    '',
    'nonsense',
    '{"version":9,"event":{"exec":{"args":["zażółć 🍎"]}}}',
    'y'.repeat(300),
    '\ufffd',
  ]
  for (let round = 0; round < 200; round++) {
    const lines = Array.from({ length: random(12) }, () => parts[random(parts.length)] ?? '')
    const bytes = Buffer.from(lines.join('\n') + (random(2) === 0 ? '\n' : ''))
    // A few stray bytes, in the middle of characters too.
    for (let damage = random(3); damage > 0 && bytes.length > 0; damage--)
      bytes[random(bytes.length)] = 128 + random(128)
    const options = { lineBytesMax: 200 }
    const whole = decode(bytes, options)
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.length;) {
      const size = 1 + random(40)
      pieces.push(bytes.subarray(at, at + size))
      at += size
    }
    const stream = readEslogger(sequence(pieces), options)
    const reads: LineRead[] = []
    for await (const read of stream) reads.push(read)
    deepEqual(reads, whole.reads)
    deepEqual(stream.counts(), whole.decoder.counts())
    checkBalance(whole.decoder)
  }
})

async function* sequence(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece)
}
