/** All rules and events there are, as filters and documents, for suites that compare matchers. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readEventSet } from '@pomona/detect/testing'
import { Normalizer } from '@pomona/normalize'
import {
  type FieldNaming,
  type Filter,
  loadRules,
  type Rule,
  type RuleBody,
  type RuleSource,
} from '@pomona/rules'
import { TENANT_DEFAULT } from '@pomona/schema'
import { HOST_DEFAULT, readLine, simulate } from '@pomona/sensor'
import { lineageSubjects, weakened } from '../../packages/detect/src/contextual.ts'
import type { RoutedFilter } from '../../packages/detect/src/matcher.ts'
import { shippedMapping } from '../content/rule-folders.ts'
import { shippedScenarios } from '../content/simulated-alerts.ts'
import { ROOT } from '../source-tree.ts'

/** Where the public corpora lie, beside the checkout. */
export const SHARED = join(ROOT, '../shared/data/detection')

const PUBLIC_RULES = ['sigma/**/*.yml', 'elastic/**/*.toml']
const MACOS_RULES = ['sigma/rules*/**/*macos*/**/*.yml', 'elastic/**/*.toml']
const SHIPPED_RULES = join(ROOT, 'content/rules/*/rule.yml')

function sourcesOf(patterns: readonly string[]): readonly RuleSource[] {
  const paths = patterns.flatMap((pattern) => globSync(pattern).toSorted())
  return paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

function filtersOf(body: RuleBody): readonly Filter[] {
  switch (body.kind) {
    case 'event':
      return [body]
    case 'sequence':
    case 'sample':
    case 'join': {
      const until = body.until === undefined ? [] : [body.until.filter]
      return [...body.steps.map(({ filter }) => filter), ...until]
    }
    case 'correlation':
      return []
    default:
      throw new Error('a rule of a new kind')
  }
}

function routed(rules: readonly Rule[]): readonly RoutedFilter[] {
  return rules.flatMap(({ body, logsource }) => {
    const filters = filtersOf(body)
    const subjects = [...lineageSubjects(filters).values()]
    return [...filters, ...subjects].map((filter) => ({ ...weakened(filter), logsource }))
  })
}

function filters(patterns: readonly string[], fields: FieldNaming): readonly RoutedFilter[] {
  const purpose = 'evaluate' as const
  const mapping = shippedMapping()
  return routed(loadRules(sourcesOf(patterns), { mapping, fields, purpose }).rules)
}

/** Every public rule of any platform, asking by the names its author wrote. */
export function publicFilters(): readonly RoutedFilter[] {
  return filters([...PUBLIC_RULES.map((pattern) => join(SHARED, pattern)), SHIPPED_RULES], 'raw')
}

/** Every rule for Macs, public and shipped, as a deployment loads it. */
export function macFilters(): readonly RoutedFilter[] {
  const patterns = [...MACOS_RULES.map((pattern) => join(SHARED, pattern)), SHIPPED_RULES]
  return routed(loadRules(sourcesOf(patterns), { mapping: shippedMapping() }).rules)
}

function* objectsIn(value: unknown): Generator<object> {
  if (Array.isArray(value)) for (const item of value) yield* objectsIn(item)
  else if (typeof value === 'object' && value !== null) yield value
}

/** The events of SigmaHQ's regression data and of the EQL conformance sets. */
export function conformanceEvents(): readonly object[] {
  const regression = globSync(join(SHARED, 'sigma/regression/regression_data/**/*')).toSorted()
  const sets = regression.filter((path) => /\.(?:json|jsoncls|raw)$/.test(path))
  const eql = globSync(join(SHARED, 'eql-spec/**/*.json')).toSorted()
  return [
    ...sets.flatMap((path) => readEventSet({ path, text: readFileSync(path, 'utf8') })),
    ...eql.flatMap((path) => [...objectsIn(JSON.parse(readFileSync(path, 'utf8')))]),
  ]
}

/** The first events of every bench lane. */
export function laneEvents(eventsMax: number): readonly object[] {
  return globSync(join(SHARED, 'bench-lanes/*.ndjson.gz')).flatMap((path) => {
    const lines = gunzipSync(readFileSync(path)).toString('utf8').split('\n', eventsMax)
    return lines.flatMap((line) => (line === '' ? [] : [...objectsIn(JSON.parse(line))]))
  })
}

/** Events of every attack scenario once, among every benign profile. */
export async function simulatedEvents(eventsMax: number): Promise<readonly object[]> {
  const { osVersion, name } = HOST_DEFAULT
  const host = { id: 'mac-1', name, os_version: osVersion }
  const context = { tenantId: TENANT_DEFAULT, host, bootId: 'boot-1', sensor: 'eslogger' }
  const normalizer = new Normalizer(context)
  const scenarios = await shippedScenarios('attacks')
  const background = await shippedScenarios('benign')
  const events: object[] = []
  for (const line of simulate({ seed: 'orchard', scenarios, background, eventsMax })) {
    const read = readLine(line, events.length)
    const normalized = read.ok ? normalizer.normalize(read.record) : undefined
    if (normalized?.ok === true) events.push(normalized.event)
  }
  return events
}
