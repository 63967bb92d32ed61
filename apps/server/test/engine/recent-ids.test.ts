import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { RecentIds } from '../../src/engine/recent-ids.ts'

test('recent ids: are new once, and the oldest is forgotten', () => {
  const ids = new RecentIds(2)
  deepEqual(
    ['a', 'a', 'b', 'a', 'c', 'a', 'c'].map((id) => ids.add(id)),
    [true, false, true, false, true, true, false],
  )
  const other = new RecentIds(2)
  other.restore(ids.state())
  equal(other.add('a'), false)
  other.restore('x')
  other.restore([1, null])
  deepEqual(other.state(), ['c', 'a'])
})
