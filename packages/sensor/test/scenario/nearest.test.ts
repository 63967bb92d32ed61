import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../../src/scenario/nearest.ts'

const cases = [
  { name: 'fnider', from: ['finder', 'dock'], want: 'finder' },
  {
    name: 'btm_item_add',
    from: ['btm_launch_item_add', 'btm_launch_item_remove'],
    want: undefined,
  },
  { name: 'exec', from: ['exec'], want: 'exec' },
  { name: 'xyz', from: ['finder'], want: undefined },
  { name: 'a', from: [], want: undefined },
]
for (const { name, from, want } of cases) {
  test(`nearest: ${name} → ${want}`, () => equal(nearest(name, from), want))
}
