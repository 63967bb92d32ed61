import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  EVENT_CATEGORIES,
  EVENT_TYPES,
  EXPECTED_EVENT_TYPES,
  FIELD_BY_NAME,
  FIELDS,
} from '../src/index.ts'

test('fields: every name stands once and is spelled as ECS spells names', () => {
  equal(FIELD_BY_NAME.size, FIELDS.length)
  for (const { name } of FIELDS) ok(/^@?[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/.test(name), name)
})

test('fields: no field is both a value and an object', () => {
  for (const { name } of FIELDS) {
    const parts = name.split('.')
    for (let length = 1; length < parts.length; length += 1) {
      ok(!FIELD_BY_NAME.has(parts.slice(0, length).join('.')), name)
    }
  }
})

test('fields: what ECS lacks is under macos, and all of that is custom', () => {
  for (const { name, level } of FIELDS) equal(level === 'custom', name.startsWith('macos.'), name)
})

test('fields: each says what it means and where it comes from', () => {
  for (const { name, description, source } of FIELDS) {
    ok(description.length > 3 && /[.…]$/.test(description), `${name}: ${description}`)
    ok(source.length > 2, name)
  }
})

test('fields: the types expected beside a category are ECS types', () => {
  for (const [category, types] of Object.entries(EXPECTED_EVENT_TYPES)) {
    ok(EVENT_CATEGORIES.includes(category))
    deepEqual(
      types.filter((type) => !EVENT_TYPES.includes(type)),
      [],
      category,
    )
  }
})

test('fields: what is generated from the table is up to date', () => {
  const script = join(import.meta.dirname, '../../../scripts/generate.ts')
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  equal(status, 0, stderr)
})
