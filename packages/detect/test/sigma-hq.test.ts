import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadRules, parseFieldMapping } from '@pomona/rules'
import { Engine } from '../src/index.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SIGMA = join(ROOT, '../shared/data/detection/sigma')
const mapping = parseFieldMapping(
  readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
)
const skip = existsSync(SIGMA) ? false : 'SigmaHQ data is not at ../shared/data/detection/sigma'

function sourcesOf(pattern: string): { path: string; text: string }[] {
  const paths = globSync(join(SIGMA, pattern)).toSorted()
  return paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

test('SigmaHQ: every macOS rule loads; what is dead is named', { skip }, (t) => {
  const sources = [
    ...sourcesOf('rules/macos/**/*.yml'),
    ...sourcesOf('rules-threat-hunting/macos/**/*.yml'),
    ...sourcesOf('rules-emerging-threats/**/*macos*.yml'),
    ...sourcesOf('deprecated/macos/*.yml'),
  ]
  const set = loadRules(sources, { mapping })
  const left = set.outcomes.filter(({ state }) => state !== 'loaded')
  deepEqual(left, [])
  ok(set.counts.loaded >= 69)
  t.diagnostic(`${set.counts.loaded} macOS rules of ${sources.length} files`)
})

test('SigmaHQ: every rule of any platform compiles with its own field names', { skip }, (t) => {
  const sources = [
    ...sourcesOf('rules-threat-hunting/**/*.yml'),
    ...sourcesOf('rules-emerging-threats/**/*.yml'),
    ...sourcesOf('modifier-samples/*.yml'),
  ]
  const set = loadRules(sources, { mapping, fields: 'raw', purpose: 'evaluate' })
  // The only reason a public rule may fail for is a placeholder nobody gave values.
  const reasons = set.outcomes.flatMap(({ state, problems }) =>
    state === 'loaded' ? [] : problems.filter(({ code }) => code.startsWith('ERR_')),
  )
  deepEqual([...new Set(reasons.map(({ code }) => code))], ['ERR_RULE_PLACEHOLDER'])
  equal(new Engine(set.rules).rules.length, set.counts.loaded)
  t.diagnostic(JSON.stringify(set.counts))
})
