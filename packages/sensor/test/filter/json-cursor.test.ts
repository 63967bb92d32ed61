import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { memberAt, textAt } from '../../src/filter/json-cursor.ts'
import { seededRandom } from '../prng.ts'

const SEED = 77

function drawn(below: (bound: number) => number, depth: number): unknown {
  const words = ['', 'path', 'a"b', String.raw`c\d`, 'é€', '{', ']', '"},{"', String.raw`\\"`]
  const kind = below(depth > 3 ? 4 : 6)
  if (kind === 0) return below(1_000)
  if (kind === 1) return words[below(words.length)]
  if (kind === 2) return [true, false, null, -1.5e3][below(4)]
  if (kind === 3) return words[below(words.length)]
  if (kind === 4) return Array.from({ length: below(4) }, () => drawn(below, depth + 1))
  const keys = words.filter(() => below(3) === 0)
  return Object.fromEntries(keys.map((key) => [key, drawn(below, depth + 1)]))
}

test(`cursor: finds every plain member where the parser does, seed ${SEED}`, () => {
  const below = seededRandom(SEED)
  let found = 0
  for (let round = 0; round < 3_000; round += 1) {
    const keys = ['path', 'stat', 'name'].filter(() => below(2) === 0)
    const object = Object.fromEntries(keys.map((key) => [key, drawn(below, 0)]))
    const text = JSON.stringify(object)
    for (const key of ['path', 'stat', 'name', 'none']) {
      const at = memberAt(text, { object: 0, key })
      const value: unknown = object[key]
      equal(at >= 0, value !== undefined, text)
      if (at < 0) continue
      found += 1
      ok(text.startsWith(JSON.stringify(value), at), text)
      equal(textAt(text, at), typeof value === 'string' ? value : undefined)
    }
  }
  ok(found > 2_000)
})

test('cursor: texts that are cut or broken give no wrong answer and always an end', () => {
  const text = '{"a":{"b":["x",{"c":"\\"}"}]},"path":"/tmp/x"}'
  for (let end = 0; end < text.length; end += 1) {
    const cut = text.slice(0, end)
    const at = memberAt(cut, { object: 0, key: 'path' })
    const value = textAt(cut, at)
    ok(value === undefined || value === '/tmp/x')
  }
  equal(memberAt('[]', { object: 0, key: 'a' }), -1)
  equal(memberAt('{"a" :1}', { object: 0, key: 'a' }), -1)
  equal(textAt('"\\x"', 0), undefined)
})
