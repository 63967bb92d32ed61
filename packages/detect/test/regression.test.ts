import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { loadRules, loadSigma, parseFieldMapping } from '@pomona/rules'
import { Engine } from '../src/index.ts'
import { readEventSet } from '../src/testing.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SIGMA = join(ROOT, '../shared/data/detection/sigma')
const REGRESSION = join(SIGMA, 'regression')
const mapping = parseFieldMapping(
  readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
)
const skip = existsSync(SIGMA) ? false : 'SigmaHQ data is not at ../shared/data/detection/sigma'

// Two event sets hold more events the rule names than their info.yml counts: three artefacts of
// AnyDesk (user.conf), three dropped executables (procdump.exe, procdump64.exe, procdump64a.exe).
const STATED_TOO_LOW: ReadonlyMap<string, number> = new Map([
  ['0b9ad457-2554-44c1-82c2-d56a99c42377', 3],
  ['8fbf3271-1ef6-4e94-8210-03c2317947f6', 3],
])

function sourcesOf(pattern: string): { path: string; text: string }[] {
  const paths = globSync(join(SIGMA, pattern)).toSorted()
  return paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

// The id of the rule and the wanted count stand in info.yml; commented lines do not count.
function wantedOf(info: string): { id: string; count: number | undefined } {
  const id = /rule_metadata:\s*\n\s+- id: (\S+)/.exec(info)?.[1] ?? ''
  const count = /^\s+match_count: (\d+)/m.exec(info)?.[1]
  return { id, count: count === undefined ? undefined : Number(count) }
}

test('regression: every SigmaHQ case matches as often as it says', { skip }, (t) => {
  const rules = new Map(
    globSync(join(REGRESSION, 'rules*/**/*.yml')).flatMap((path) => {
      const text = readFileSync(path, 'utf8')
      const id = /^id: (\S+)/m.exec(text)?.[1]
      return id === undefined ? [] : [[id, { path, text }] as const]
    }),
  )
  const infos = globSync(join(REGRESSION, 'regression_data/**/info.yml')).toSorted()
  let sets = 0
  for (const path of infos) {
    const { id, count } = wantedOf(readFileSync(path, 'utf8'))
    const source = rules.get(id)
    ok(source !== undefined, `${path}: no rule ${id}`)
    const [outcome] = loadSigma(source, { mapping, fields: 'raw', purpose: 'evaluate' })
    equal(outcome?.state, 'loaded', source.path)
    if (outcome?.state !== 'loaded') continue
    const engine = new Engine([outcome.rule], { lookup: 'literal' })
    const files = globSync(join(dirname(path), '*')).filter((file) => basename(file) !== 'info.yml')
    ok(files.length > 0, `${path}: no events`)
    for (const file of files) {
      const events = readEventSet({ path: file, text: readFileSync(file, 'utf8') })
      const matched = events.filter((event) => engine.match(event).length === 1).length
      sets += 1
      if (count === undefined) ok(matched >= 1, `${file}: none of ${events.length} matched`)
      else equal(matched, STATED_TOO_LOW.get(id) ?? count, file)
    }
  }
  t.diagnostic(`${infos.length} cases, ${sets} event sets`)
})

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
