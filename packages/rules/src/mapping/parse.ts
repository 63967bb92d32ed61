import { MappingError, type Position } from '../errors.ts'
import type { GateEvent } from '../expression.ts'
import { entryOf, readYaml, textOf, textsOf } from '../sigma/yaml-tree.ts'
import type { YamlMap, YamlNode } from '../sigma/yaml-tree.ts'
import type { Category, FieldMapping } from './mapping.ts'

/**
 * Reads a field mapping (see `content/mappings/sigma-macos.yml` for the form).
 *
 * @throws MappingError `ERR_MAPPING_SYNTAX` when it is not YAML, `ERR_MAPPING_STRUCTURE` when a
 * part is
 *         missing or of the wrong kind; both with line and column.
 */
export function parseFieldMapping(text: string): FieldMapping {
  const [document] = readYaml(text)
  const problem = document?.problems[0]
  if (problem !== undefined) {
    throw new MappingError('ERR_MAPPING_SYNTAX', problem.message, { ...problem.at })
  }
  const root = asMap(document?.root, { name: 'The mapping', at: { line: 1, column: 1 } })
  return {
    name: textOf(root, 'name') ?? '',
    products: new Set(textsOf(root, 'products')),
    fields: lists(root, 'fields'),
    prefixes: texts(root, 'prefixes'),
    absent: texts(root, 'absent'),
    values: new Map(
      section(root, 'values').map(({ key, value, at }) => [
        key,
        lists(asMap(value, { name: key, at })),
      ]),
    ),
    categories: categories(root, 'categories'),
    eventCategories: categories(root, 'event_categories'),
    services: texts(root, 'services'),
  }
}

interface Named {
  readonly name: string
  readonly at: Position
}

function wrong({ name, at }: Named, expected: string): MappingError {
  const message = `${name} must be ${expected} (line ${at.line}).`
  return new MappingError('ERR_MAPPING_STRUCTURE', message, { ...at })
}

function asMap(node: YamlNode | undefined, named: Named): YamlMap {
  if (node?.kind !== 'map') throw wrong({ ...named, at: node?.at ?? named.at }, 'a map')
  return node
}

function section(root: YamlMap, key: string): YamlMap['entries'] {
  const entry = entryOf(root, key)
  return entry === undefined ? [] : asMap(entry.value, { name: key, at: entry.at }).entries
}

/** A map whose values are a text or a list of texts; of `key`, or of the map itself. */
function lists(root: YamlMap, key?: string): ReadonlyMap<string, readonly string[]> {
  const entries = key === undefined ? root.entries : section(root, key)
  return new Map(
    entries.map((entry) => {
      const values = textsOf({ ...root, entries: [entry] }, entry.key)
      if (values.length === 0) throw wrong({ name: entry.key, at: entry.at }, 'a name or names')
      return [entry.key, values]
    }),
  )
}

function texts(root: YamlMap, key: string): ReadonlyMap<string, string> {
  return new Map([...lists(root, key)].map(([name, values]) => [name, values.join(' ')]))
}

function categories(root: YamlMap, key: string): ReadonlyMap<string, Category> {
  return new Map(
    section(root, key).map(({ key: name, value, at }) => [
      name,
      category(name, asMap(value, { name, at })),
    ]),
  )
}

function category(name: string, map: YamlMap): Category {
  const missing = textOf(map, 'missing')
  const actions = entryOf(map, 'actions')
  const events = actions === undefined ? [] : gateEvents(actions.value)
  if (events.length === 0) throw wrong({ name: `actions of ${name}`, at: map.at }, 'a list')
  return {
    name,
    description: textOf(map, 'description') ?? '',
    gate: { events },
    fields: lists(map, 'fields'),
    ...(missing === undefined ? {} : { missing }),
  }
}

// An entry is an action's name, or a map with the action and the values the event must also have:
//   - exec
//   - { action: close, equals: { macos.file.modified: true } }
function gateEvents(node: YamlNode): readonly GateEvent[] {
  const items = node.kind === 'list' ? node.items : [node]
  return items.map((item) => {
    if (item.kind === 'scalar' && item.text !== '') return { action: item.text, equals: {} }
    const map = asMap(item, { name: 'An action', at: item.at })
    const action = textOf(map, 'action')
    if (action === undefined) throw wrong({ name: 'An action', at: item.at }, 'named')
    const equals = section(map, 'equals').map(({ key, value, at }) => {
      const wanted = value.kind === 'scalar' ? value.value : null
      if (wanted === null) throw wrong({ name: key, at }, 'a single value')
      return [key, wanted] as const
    })
    return { action, equals: Object.fromEntries(equals) }
  })
}
