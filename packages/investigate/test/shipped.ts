import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadRules, parseFieldMapping, type Rule } from '@pomona/rules'

export const ROOT = join(import.meta.dirname, '../../..')

/** The rules this checkout ships, as a deployment loads them. */
export function shippedRules(): readonly Rule[] {
  const mapping = parseFieldMapping(
    readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
  )
  const paths = globSync(join(ROOT, 'content/rules/*/rule.yml')).toSorted()
  const sources = paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  return loadRules(sources, { mapping }).rules
}
