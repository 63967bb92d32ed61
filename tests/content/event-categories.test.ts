import { deepEqual } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseFieldMapping } from '../../packages/rules/src/index.ts'
import { EVENT_ENTRIES } from '../../packages/normalize/src/event-table/table.ts'

const mapping = parseFieldMapping(
  readFileSync(join(import.meta.dirname, '../../content/mappings/sigma-macos.yml'), 'utf8'),
)

/** Categories that are Elastic's, or whose events another sensor reports. */
const OTHERS: ReadonlySet<string> = new Set(['persistence', 'network', 'dns', 'library', 'web'])

const actionsOf = (category: string): readonly string[] =>
  EVENT_ENTRIES.filter(({ classification }) =>
    classification.category.some((name) => name === category),
  ).map(({ action }) => action)

for (const [name, { gate }] of mapping.eventCategories) {
  if (OTHERS.has(name)) continue
  test(`event categories: ${name} holds the events the normaliser puts there`, () => {
    deepEqual(gate.events.map(({ action }) => action).toSorted(), actionsOf(name).toSorted())
  })
}

test('event categories: every category of our events can be asked for', () => {
  const all = new Set(EVENT_ENTRIES.flatMap(({ classification }) => classification.category))
  deepEqual(
    [...all].filter((name) => !mapping.eventCategories.has(name)),
    [],
  )
})
