import { deepEqual, throws } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { BUNDLE_PATHS, HOST_TAG, loadBundle } from '../src/index.ts'

const MAPPING = readFileSync(
  new URL('../../../content/mappings/sigma-macos.yml', import.meta.url),
  'utf8',
)
const RULE = `
title: Evil command
id: 8a4f6f0e-52b0-4f53-9f9b-1d9e3f0c7a01
tags: [${HOST_TAG}]
logsource: { product: macos, category: process_creation }
detection:
  selection: { CommandLine|contains: evil }
  condition: selection
level: high
`
const EXCEPTION = `
title: Known
owner: ada
reason: ours
detection: { selection: { process.name: known }, condition: selection }
`

test('bundle: rules and exceptions are read from their folders, other files are not', () => {
  const content = loadBundle({
    [BUNDLE_PATHS.mapping]: MAPPING,
    'rules/evil/rule.yml': RULE,
    'rules/broken/rule.yml': 'title: [',
    'exceptions/known.yml': EXCEPTION,
    'elsewhere/rule.yml': RULE,
  })
  deepEqual(
    content.rules.outcomes.map((outcome) => [
      outcome.state,
      'rule' in outcome ? outcome.rule.path : outcome.path,
    ]),
    [
      ['failed', 'rules/broken/rule.yml'],
      ['loaded', 'rules/evil/rule.yml'],
    ],
  )
  deepEqual(content.rules.rules[0]?.tags, [HOST_TAG])
  deepEqual(
    content.exceptions.exceptions.map(({ name, path }) => [name, path]),
    [['Known', 'exceptions/known.yml']],
  )
})

test('bundle: without a mapping nothing is understood', () => {
  throws(() => loadBundle({ 'rules/evil/rule.yml': RULE }), { code: 'ERR_MAPPING_STRUCTURE' })
})
