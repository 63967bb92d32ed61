import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import type { EcsEvent } from '@pomona/schema'
import {
  decodeEvents,
  decodePayload,
  encodeEvents,
  PAYLOAD_BYTES_MAX,
  StoreError,
} from '../../src/index.ts'
import { dice } from '../seed.ts'

const EVENTS: readonly EcsEvent[] = [
  { event: { id: 's-1', original: 'a\0"\\é😀\ud800' }, process: { args: ['', '{[', '"]'] } },
  {},
]

const CORRUPT = { code: 'ERR_STORE_CORRUPT' }

function packed(text: string): Uint8Array {
  return zstdCompressSync(text)
}

test('payload: events come back as they went in', () => {
  deepEqual(decodeEvents(encodeEvents(EVENTS)), EVENTS)
  deepEqual(decodeEvents(encodeEvents([])), [])
})

test('payload: alerts of the host stand beside the events', () => {
  const text = '{"events":[{}],"alerts":[{"id":"a"}]}'
  deepEqual(decodePayload(packed(text)), {
    events: [{}],
    alerts: [{ id: 'a' }],
    again: [],
    bytes: text.length,
  })
  deepEqual(decodePayload(encodeEvents([{}])).alerts, [])
  deepEqual(decodePayload(packed('{"again":[{}]}')), {
    events: [],
    alerts: [],
    again: [{}],
    bytes: 14,
  })
})

const broken: readonly { name: string; payload: Uint8Array }[] = [
  { name: 'nothing', payload: new Uint8Array() },
  { name: 'text that is not packed', payload: Buffer.from('[]') },
  { name: 'no JSON', payload: packed('[{') },
  { name: 'no list', payload: packed('{"events":{}}') },
  { name: 'alerts that are none', payload: packed('{"events":[],"alerts":[1]}') },
  { name: 'a list of lists', payload: packed('[[]]') },
  { name: 'a list with null', payload: packed('[{},null]') },
  { name: 'one level too deep', payload: packed(`[{"a":${'['.repeat(255)}${']'.repeat(255)}}]`) },
  { name: 'five million levels', payload: packed('['.repeat(5_000_000)) },
  { name: 'a bomb', payload: packed(' '.repeat(PAYLOAD_BYTES_MAX + 1)) },
]
for (const { name, payload } of broken) {
  test(`payload: ${name} is refused`, () => throws(() => decodeEvents(payload), CORRUPT))
}

test('payload: the deepest nesting that is allowed, brackets in text not counted', () => {
  const text = `[{"a":${'['.repeat(254)}"[[\\"[["${']'.repeat(254)}}]`
  equal(decodeEvents(packed(text)).length, 1)
})

test('payload: more than the limit is not packed', () => {
  const original = 'x'.repeat(PAYLOAD_BYTES_MAX)
  throws(() => encodeEvents([{ event: { original } }]), { code: 'ERR_QUERY_INVALID' })
})

for (const seed of [11, 20_261_122]) {
  test(`payload: damaged bytes never give other events, seed ${seed}`, () => {
    const roll = dice(seed)
    const good = encodeEvents(EVENTS)
    for (let round = 0; round < 2_000; round++) {
      const bad = good.slice(0, roll.below(3) === 0 ? roll.below(good.length) : good.length)
      const flips = bad.length === good.length ? 1 + roll.below(4) : roll.below(3)
      for (let flip = 0; flip < flips && bad.length > 0; flip++) {
        const at = roll.below(bad.length)
        bad[at] = (bad[at] ?? 0) ^ (1 << roll.below(8))
      }
      try {
        // Flips may undo one another, or hit a bit that means nothing: then it is the same text.
        deepEqual(decodeEvents(bad), EVENTS, `round ${round}`)
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        equal(error.code, 'ERR_STORE_CORRUPT')
      }
    }
  })
}
