import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { problemsOf } from '@pomona/schema'
import { type RawRecord, readLine } from '@pomona/sensor'
import { Normalizer } from '../src/index.ts'
import { CONTEXT, type Json, message } from './records.ts'

/** mulberry32: small, seeded, good enough to vary input. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))
const ROUNDS = 40
const CORPUS = ['every-type', 'process-tree'].flatMap((name) =>
  readFileSync(join(import.meta.dirname, 'golden', `${name}.in.jsonl`), 'utf8')
    .trimEnd()
    .split('\n'),
)

const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  -0,
  1.5,
  2 ** 31,
  2 ** 53,
  2 ** 64,
  1e308,
  '',
  '\u0000',
  '\ud800',
  'x\udfffy',
  '18446744073709551616',
  'a'.repeat(70_000),
  '../../..',
  'file://%zz/%',
  '2026-13-45T99:99:99.999999999Z',
  '1969-12-31T23:59:60Z',
  [],
  [null, [], {}],
  [1, 2, 3, 4, 5, 6, 7, 8],
  ['a', 7, '\ud800', ''],
  {},
  { path: '' },
  { path: '/', stat: { st_mode: -1, st_size: -5 } },
  JSON.parse('{"__proto__":{"path":"/polluted"},"constructor":{"prototype":1}}'),
]

function pick<T>(random: () => number, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)]
}

// Replaces, removes, adds or moves one value somewhere in the tree.
function mutate(node: unknown, random: () => number): unknown {
  if (typeof node !== 'object' || node === null || random() < 0.08) return pick(random, STRANGE)
  const keys = Object.keys(node)
  const key = pick(random, keys)
  if (key === undefined || random() < 0.05) return pick(random, STRANGE)
  const copy = structuredClone(node) as Json // An object or array; both are changed by key.
  const value = copy[key]
  const roll = random()
  if (roll < 0.08) delete copy[key]
  else if (roll < 0.12) copy[pick(random, ['__proto__x', 'toString', 'path', '']) ?? ''] = value
  else copy[key] = mutate(value, random)
  return copy
}

function isSound(normalizer: Normalizer, record: RawRecord, hint: string): boolean {
  const result = normalizer.normalize(record)
  if (!result.ok) return false
  deepEqual(problemsOf(result.event), [], hint)
  const text = JSON.stringify(result.event)
  ok(text.isWellFormed(), hint)
  ok(!text.includes('polluted') || record.text.includes('polluted'), hint)
  return true
}

function hollow(node: unknown, path = ''): string[] {
  if (node === null || node === '') return [path]
  if (typeof node !== 'object') return []
  const entries = Object.entries(node)
  if (entries.length === 0 && path !== '.user') return [path]
  return entries.flatMap(([key, value]) =>
    // Arguments have a position, so empty ones stay.
    path.endsWith('args') ? [] : hollow(value, `${path}.${key}`),
  )
}

test(`fuzz: mutated records never throw and always fit the field table (SEED=${SEED})`, () => {
  const random = randomOf(SEED)
  const normalizer = new Normalizer(CONTEXT, { limits: { processesMax: 64 } })
  let sent = 0
  let sequence = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const line of CORPUS) {
      let value: unknown = JSON.parse(line)
      for (let times = Math.floor(random() * 4); times >= 0; times -= 1)
        value = mutate(value, random)
      // A mutation may leave no object at all, which the sensor would not hand on.
      const record = { sequence: sequence++, text: line, value } as unknown as RawRecord
      if (isSound(normalizer, record, `SEED=${SEED} sequence=${record.sequence}`)) sent += 1
    }
  }
  const { counts } = normalizer
  const discarded = Object.values(counts.discarded).reduce((sum, count) => sum + count, 0)
  equal(counts.received, sequence)
  equal(counts.sent, sent)
  // Neither all nor none: the mutations reach the mappers and the refusals.
  ok(sent > sequence / 10 && sent < sequence)
  equal(counts.received, counts.sent + discarded)
  ok(counts.processesHeld <= 64)
})

test(`fuzz: no event holds null, empty text or an empty object (SEED=${SEED})`, () => {
  const random = randomOf(SEED + 1)
  const normalizer = new Normalizer(CONTEXT, { original: false })
  for (const [sequence, line] of CORPUS.entries()) {
    const value = mutate(JSON.parse(line), random)
    // As above.
    const result = normalizer.normalize({ sequence, text: line, value } as unknown as RawRecord)
    if (result.ok) deepEqual(hollow(result.event), [], `SEED=${SEED} ${line.slice(0, 80)}`)
  }
})

test(`fuzz: cut and altered lines pass through sensor and normaliser (SEED=${SEED})`, () => {
  const random = randomOf(SEED + 2)
  const normalizer = new Normalizer(CONTEXT)
  for (const [sequence, line] of CORPUS.entries()) {
    const cut = line.slice(0, Math.floor(random() * line.length))
    const at = Math.floor(random() * line.length)
    const strange = pick(random, ['\u0000', '"', '}', '9', '\ud800', '\\'])
    const altered = `${line.slice(0, at)}${strange}${line.slice(at + 1)}`
    for (const text of [cut, altered]) {
      const read = readLine(text, sequence)
      if (read.ok) isSound(normalizer, read.record, text)
    }
  }
})

test('fuzz: deep and wide records cost no more than their limits', () => {
  const normalizer = new Normalizer(CONTEXT)
  let nested: unknown = 'end'
  for (let depth = 0; depth < 5_000; depth += 1)
    nested = { target: nested, event: nested, process: nested }
  const wide = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`key${index}`, index]),
  )
  const bodies = [nested, wide, { target: wide, data: nested, item: wide, results: [nested, wide] }]
  for (const [sequence, body] of bodies.entries()) {
    for (const name of ['create', 'authentication', 'btm_launch_item_add', 'never_heard_of']) {
      const value = message(name, body)
      ok(isSound(normalizer, { sequence, text: name, value }, name))
    }
  }
})
