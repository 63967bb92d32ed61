import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { letterFilters, toggleFilter } from '../../src/letters/letter-filters.ts'

test('letter filters: only ours are taken from an address', () => {
  const text = 'stage=gateway&reason=a&reason=b&host=mac-1&q=x'
  equal(letterFilters(new URLSearchParams(`${text}&limit=9&cursor=z`)).toString(), text)
  equal(letterFilters(new URLSearchParams('q=')).toString(), '')
})

test('letter filters: a value is added and taken away, the others stay', () => {
  const one = letterFilters(new URLSearchParams('reason=a'))
  const two = toggleFilter(one, { name: 'reason', value: 'b' })
  equal(two.toString(), 'reason=a&reason=b')
  equal(toggleFilter(two, { name: 'reason', value: 'a' }).toString(), 'reason=b')
  equal(one.toString(), 'reason=a')
})
