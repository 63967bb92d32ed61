import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { FILTERS_DEFAULT } from '../../src/alerts/filters.ts'
import { addView, formatViews, parseViews } from '../../src/alerts/views.ts'

const view = { name: 'Mine', filters: { ...FILTERS_DEFAULT, q: 'curl' } }

test('views: what is stored comes back', () => deepEqual(parseViews(formatViews([view])), [view]))

const broken = ['', '{', 'null', '[1]', '[{"name":""}]', '{"__proto__":1}', '[{"name":"x"}]']
for (const text of broken) {
  test(`views: starts without views from ${JSON.stringify(text)}`, () =>
    deepEqual(parseViews(text), []))
}

test('views: one name is one view', () => {
  const next = addView([view], { name: ' Mine ', filters: FILTERS_DEFAULT })
  deepEqual(next, [{ name: 'Mine', filters: FILTERS_DEFAULT }])
})

test('views: a view needs a name', () =>
  deepEqual(addView([view], { name: '  ', filters: FILTERS_DEFAULT }), [view]))

test('views: the oldest goes when there are too many', () => {
  const many = Array.from({ length: 30 }, (_, index) => ({ ...view, name: `v${index}` }))
  const next = addView(many, { ...view, name: 'new' })
  equal(next.length, 30)
  equal(next[0]?.name, 'v1')
  equal(next.at(-1)?.name, 'new')
})
