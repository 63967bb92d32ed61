import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, nearestName } from '../src/nearest.ts'

const DISTANCES: readonly (readonly [from: string, to: string, edits: number])[] = [
  ['', '', 0],
  ['', 'abc', 3],
  ['abc', 'abc', 0],
  ['abc', 'ABC', 0],
  ['abc', 'abd', 1],
  ['abc', 'ab', 1],
  ['Imgae', 'Image', 1],
  ['kitten', 'sitting', 3],
]

for (const [from, to, edits] of DISTANCES) {
  test(`nearest: from "${from}" to "${to}" are ${edits} edits`, () => {
    equal(editDistance(from, to), edits)
    equal(editDistance(to, from), edits)
  })
}

test('nearest: the closest name, none when all are far', () => {
  const names = ['contains', 'startswith', 'endswith', 're']
  equal(nearestName('contain', names), 'contains')
  equal(nearestName('endwith', names), 'endswith')
  equal(nearestName('somethingelse', names), undefined)
  equal(nearestName('x'.repeat(10_000), names), undefined)
})
