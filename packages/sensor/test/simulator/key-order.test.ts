import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { KeyOrder } from '../../src/simulator/key-order.ts'

const LINE =
  '{"a":{"st_ino":1152921500312525701,"b":-1.5e3,"c":null},"list":[{"x":1,"y":[]},{"x":2,"y":{}}],' +
  '"text":"\\"},{\\\\","empty":[],"end":"\\\\"}'

function orders(seed: string, count: number): readonly string[] {
  const keyOrder = new KeyOrder(seed)
  return Array.from({ length: count }, () => keyOrder.shuffle(LINE))
}

test('key order: nothing but the order changes', () => {
  for (const line of orders('a', 200)) {
    equal(line.length, LINE.length)
    ok(line.includes('"st_ino":1152921500312525701'))
    ok(line.includes('"b":-1.5e3'))
    deepEqual(JSON.parse(line), JSON.parse(LINE))
  }
})

test('key order: follows from the seed', () => {
  deepEqual(orders('a', 50), orders('a', 50))
  notEqual(orders('a', 50).join(), orders('b', 50).join())
})

test('key order: differs between equal objects of one line, and comes back', () => {
  const pairs = orders('a', 200).map((line) =>
    [...line.matchAll(/\{"(x|y)"/g)].map(([, first]) => first).join(''),
  )
  deepEqual([...new Set(pairs)].toSorted(), ['xx', 'xy', 'yx', 'yy'])
})

for (const text of ['{}', '[]', '1', '"a"', '{"a":1}', '[[],{},""]']) {
  test(`key order: ${text} has only one`, () => equal(new KeyOrder('a').shuffle(text), text))
}
