import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSigma, parseFieldMapping, type RuleOutcome, type SigmaOptions } from '@pomona/rules'
import { Engine } from '../src/index.ts'

export const mapping = parseFieldMapping(
  readFileSync(join(import.meta.dirname, '../../../content/mappings/sigma-macos.yml'), 'utf8'),
)

/** A whole rule around a detection section, which is given without its indentation. */
export function ruleText(detection: string, logsource = '{ category: test }'): string {
  const section = detection.trimEnd().replaceAll(/^/gm, '  ')
  const head = 'title: Test\nid: 00000000-0000-4000-8000-000000000001\nlevel: high\n'
  return `${head}logsource: ${logsource}\ndetection:\n${section}\n`
}

/** Loads one detection with the field names it is written with, unless told otherwise. */
export function load(detection: string, options: Partial<SigmaOptions> = {}): RuleOutcome {
  const defaults: SigmaOptions = { mapping, fields: 'raw', purpose: 'evaluate' }
  const source = { path: 'rule.yml', text: ruleText(detection) }
  const [outcome] = loadSigma(source, { ...defaults, ...options })
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}

/** An engine for one detection; fails the test when it does not load. */
export function engineOf(detection: string, options: Partial<SigmaOptions> = {}): Engine {
  const outcome = load(detection, options)
  if (outcome.state !== 'loaded') throw new Error(JSON.stringify(outcome.problems))
  return new Engine([outcome.rule], { lookup: 'literal' })
}
