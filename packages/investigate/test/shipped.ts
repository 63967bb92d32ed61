import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FieldMapping, loadRules, parseFieldMapping, type Rule } from '@pomona/rules'

export const ROOT = join(import.meta.dirname, '../../..')

const mapping = parseFieldMapping(
  readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
)

/** The field mapping this checkout ships. */
export function shippedMapping(): FieldMapping {
  return mapping
}

/** The rules this checkout ships, as a deployment loads them. */
export function shippedRules(): readonly Rule[] {
  const paths = globSync(join(ROOT, 'content/rules/*/rule.yml')).toSorted()
  const sources = paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  return loadRules(sources, { mapping }).rules
}

const eql = (number: number, title: string, query: string): string =>
  [
    `title: ${title}`,
    `id: 00000000-0000-4000-8000-00000000000${number}`,
    'level: low',
    'logsource: {product: macos}',
    'language: eql',
    'query: |',
    ...query.split('\n').map((line) => `  ${line}`),
  ].join('\n')

const STATEFUL = [
  eql(
    1,
    'A file is written and its mark is taken away',
    `sequence by host.id with maxspan=10m
  [file where event.action in ("create", "rename") and process.name == "curl"] as made
  [any where event.action == "exec" and process.name == "xattr" and process.args == "-d"]`,
  ),
  eql(
    2,
    'A shell of a script runs curl and nothing more',
    `sequence by process.parent.entity_id with maxspan=1m
  [process where event.action == "exec" and process.name == "curl"]
  ![process where event.action == "exec" and process.name == "rm"]
  [process where event.action == "exec"]`,
  ),
  eql(
    3,
    'A descendant of a shell asks for something',
    `process where event.action == "exec" and process.name in ("dscl", "security", "curl") and
  descendant of [process where event.action == "exec" and process.name in ("sh", "bash", "zsh")]`,
  ),
  `title: Downloads
id: 00000000-0000-4000-8000-000000000004
name: downloads
level: low
logsource: {product: macos, category: process_creation}
detection: {tool: {process.name: [curl, wget]}, condition: tool}
---
title: Many downloads on one Mac
id: 00000000-0000-4000-8000-000000000005
level: low
correlation:
  type: event_count
  rules: [downloads]
  group-by: [host.id]
  timespan: 10m
  condition: {gte: 3}
---
title: The same program downloads on several Macs
id: 00000000-0000-4000-8000-000000000006
level: low
correlation:
  type: value_count
  rules: [downloads]
  group-by: [process.name]
  timespan: 1h
  condition: {gte: 2, field: host.id}
`,
]

/** A sequence, one with an event that must not come, lineage, and correlations of both scopes. */
export function statefulRules(): readonly Rule[] {
  const sources = STATEFUL.map((text, index) => ({ path: `stateful-${index}.yml`, text }))
  const { rules, outcomes } = loadRules(sources, { mapping })
  const broken = outcomes.filter(({ state }) => state !== 'loaded')
  if (broken.length > 0) throw new Error(JSON.stringify(broken))
  return rules
}
