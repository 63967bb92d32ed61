import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { digitsOf, runsOf, withoutData } from '../../src/scripts/runs.ts'

test('runs: are as long as their letters go, and no shorter than asked for', () => {
  deepEqual(
    [...runsOf('ab-abc é abcd', digitsOf('abcd'), 3)],
    [
      { from: 3, to: 6 },
      { from: 9, to: 13 },
    ],
  )
})

test('runs: a text without its data keeps its words', () => {
  equal(
    withoutData(`echo ${'A'.repeat(200)} | sh ${'b'.repeat(199)}`),
    `echo  | sh ${'b'.repeat(199)}`,
  )
})
