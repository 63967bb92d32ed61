import { deepEqual, equal } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { EVENT_TYPES, EVENT_TYPES_BY_NAME } from '@pomona/sensor'
import { BODIES } from '../../src/simulator/bodies.ts'

const FACTS = new URL(
  '../../../../../shared/data/sensors/facts/es_event_types.json',
  import.meta.url,
)

test('event types: each has one id and one name, in ascending order', () => {
  const ids = EVENT_TYPES.map(({ id }) => id)
  deepEqual(
    ids,
    [...new Set(ids)].toSorted((a, b) => a - b),
  )
  equal(EVENT_TYPES_BY_NAME.size, EVENT_TYPES.length)
})

test('event types: the simulator can write every one', () => {
  deepEqual(Object.keys(BODIES).toSorted(), EVENT_TYPES.map(({ name }) => name).toSorted())
})

const skip = existsSync(FACTS) ? false : 'the compiled facts are not beside this checkout'
test('event types: agree with the compiled facts', { skip }, () => {
  // Sound: the file's shape is fixed by its compiler, see its PROVENANCE.md.
  const facts = JSON.parse(readFileSync(FACTS, 'utf8')) as readonly Fact[]
  const notify = facts.filter(({ action }) => action === 'notify')
  deepEqual(
    EVENT_TYPES.map(({ id, name, since }) => ({ id, name, since })),
    notify.map(({ id, name, since }) => ({ id, name, since })),
  )
})

interface Fact {
  readonly id: number
  readonly name: string
  readonly action: string
  readonly since: string
}
