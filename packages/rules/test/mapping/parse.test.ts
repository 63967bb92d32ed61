import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FIELD_BY_NAME } from '@pomona/schema'
import { MappingError, parseFieldMapping, resolveField, resolveLogSource } from '../../src/index.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const mapping = parseFieldMapping(
  readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
)

test('mapping: every field it leads to is in the field table', () => {
  const targets = [
    ...mapping.fields.values(),
    ...[...mapping.categories.values()].flatMap(({ fields }) => Array.from(fields.values())),
    [...mapping.values.keys()],
    [...mapping.categories.values()].flatMap(({ gate }) =>
      gate.events.flatMap(({ equals }) => Object.keys(equals)),
    ),
  ].flat()
  deepEqual(
    [...new Set(targets)].filter((field) => !FIELD_BY_NAME.has(field)),
    [],
  )
})

test('mapping: every family of names leads into the field table', () => {
  for (const prefix of mapping.prefixes.values()) {
    ok(
      [...FIELD_BY_NAME.keys()].some((name) => name.startsWith(prefix)),
      prefix,
    )
  }
})

const TYPES = join(ROOT, '../shared/data/sensors/facts/es_event_types.json')
const NETWORK = [
  'connection_attempted',
  'connection_accepted',
  'disconnect_received',
  'lookup_requested',
  'lookup_result',
  'tls_client_hello',
]
const skip = existsSync(TYPES) ? false : 'event types are not at ../shared/data/sensors/facts'

test('mapping: every action of a category that can arrive is one of our sensors’', { skip }, () => {
  const rows: readonly { name: string; action: string }[] = JSON.parse(readFileSync(TYPES, 'utf8'))
  const notified = rows.filter(({ action }) => action === 'notify').map(({ name }) => name)
  const known = new Set([...notified, ...NETWORK])
  const wanted = [...mapping.categories.values()].flatMap(({ missing, gate }) =>
    missing === undefined ? gate.events.map(({ action }) => action) : [],
  )
  const aliases = [...(mapping.values.get('event.action')?.values() ?? [])].flat()
  deepEqual(
    [...wanted, ...aliases].filter((action) => !known.has(action)),
    [],
  )
})

test('mapping: every service is a category', () => {
  const strays = [...mapping.services.values()].filter((name) => !mapping.categories.has(name))
  deepEqual(strays, [])
})

test('mapping: names are resolved by category, then table, then family, else stay', () => {
  const category = mapping.categories.get('driver_load')
  const fieldsOf = (name: string): readonly string[] => resolveField(mapping, { name }).fields
  deepEqual(resolveField(mapping, { name: 'ImageLoaded', category }).fields, [
    'macos.kext.identifier',
  ])
  deepEqual(fieldsOf('ImageLoaded'), ['dll.path'])
  deepEqual(fieldsOf('Persistence.runatload'), ['macos.persistence.run_at_load'])
  deepEqual(fieldsOf('Effective_process.executable'), ['macos.responsible.executable'])
  deepEqual(fieldsOf('process.name'), ['process.name'])
  deepEqual(fieldsOf('NoSuchName'), ['NoSuchName'])
  ok(resolveField(mapping, { name: 'OriginalFileName' }).missing !== undefined)
})

test('mapping: a logsource leads to a category, to everything, or away', () => {
  const kind = (logsource: object): string => resolveLogSource(mapping, logsource).kind
  equal(kind({ product: 'macos', category: 'process_creation' }), 'category')
  equal(kind({ product: 'macOS', service: 'sudo' }), 'category')
  equal(kind({ product: 'macos' }), 'any')
  equal(kind({}), 'any')
  equal(kind({ product: 'windows', category: 'process_creation' }), 'other')
  equal(kind({ category: 'registry_set' }), 'other')
})

const BROKEN: readonly (readonly [name: string, text: string, code: MappingError['code']])[] = [
  ['no YAML', 'a: [', 'ERR_MAPPING_SYNTAX'],
  ['nothing', '', 'ERR_MAPPING_STRUCTURE'],
  ['a list', '- a', 'ERR_MAPPING_STRUCTURE'],
  ['fields as a list', 'fields: [a]', 'ERR_MAPPING_STRUCTURE'],
  ['a field without a name', 'fields: { a: }', 'ERR_MAPPING_STRUCTURE'],
  ['a category without actions', 'categories: { a: { description: b } }', 'ERR_MAPPING_STRUCTURE'],
  [
    'an action without a name',
    'categories: { a: { actions: [{ b: c }] } }',
    'ERR_MAPPING_STRUCTURE',
  ],
]

for (const [name, text, code] of BROKEN) {
  test(`mapping: ${name} is refused with its code`, () => {
    throws(
      () => parseFieldMapping(text),
      (error) => error instanceof MappingError && error.code === code,
    )
  })
}
