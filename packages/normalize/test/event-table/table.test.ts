import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { EVENT_CATEGORIES, EVENT_TYPES, EXPECTED_EVENT_TYPES, problemsOf } from '@pomona/schema'
import { EVENT_TYPES as NOTIFY_TYPES } from '@pomona/sensor'
import { EVENT_ENTRIES } from '../../src/index.ts'
import { eventOf, message } from '../records.ts'

test('table: has one entry for every NOTIFY type the sensor knows, and no other', () => {
  const known = NOTIFY_TYPES.map((type) => type.name).toSorted()
  deepEqual(EVENT_ENTRIES.map((entry) => entry.action).toSorted(), known)
})

const expected: Readonly<Record<string, readonly string[]>> = EXPECTED_EVENT_TYPES

// Bodies that make an entry choose each of its classifications.
const CHOICES = [{}, { modified: true }, { success: false }, { protection: 4 }, { is_update: true }]
const MORE = [{ record_type: 0 }, { record_type: 1 }, { target_file: {} }]

test('table: every classification keeps to the values ECS expects together', () => {
  for (const entry of EVENT_ENTRIES) {
    for (const body of [...CHOICES, ...MORE]) {
      const { category, type } = entry.classify?.(body) ?? entry.classification
      const expectedTypes = new Set(category.flatMap((one) => expected[one] ?? []))
      for (const one of category) ok(EVENT_CATEGORIES.includes(one), `${entry.action}: ${one}`)
      for (const one of type) {
        ok(EVENT_TYPES.includes(one), `${entry.action}: ${one}`)
        ok(expectedTypes.has(one), `${entry.action}: ${one} beside ${category.join()}`)
      }
    }
  }
})

for (const body of [
  null,
  {},
  [],
  7,
  'text',
  { target: null, data: null, item: null, member: null },
]) {
  test(`table: every type survives the body ${JSON.stringify(body)}`, () => {
    for (const { action } of EVENT_ENTRIES) {
      const event = eventOf(message(action, body))
      deepEqual(problemsOf(event), [], action)
      equal(event.event?.action, action)
      equal(event.process?.name, 'zsh', action)
    }
  })
}
