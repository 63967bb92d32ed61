/** The shipped rules as the suites of this folder read them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FieldMapping, loadRules, parseFieldMapping, type Rule } from '@pomona/rules'
import { ROOT } from '../source-tree.ts'

/** Folder of the shipped rules. */
export const RULES_FOLDER = join(ROOT, 'content/rules')

/** A rule folder's texts; what is missing is `undefined`. */
export interface RuleFolderTexts {
  readonly slug: string
  readonly rule: string | undefined
  readonly match: string | undefined
  readonly noMatch: string | undefined
}

function textOf(slug: string, file: string): string | undefined {
  const path = join(RULES_FOLDER, slug, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** Every folder below content/rules, by name. */
export function ruleFolders(): readonly RuleFolderTexts[] {
  const entries = readdirSync(RULES_FOLDER, { withFileTypes: true })
  const slugs = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return slugs.toSorted().map((slug) => ({
    slug,
    rule: textOf(slug, 'rule.yml'),
    match: textOf(slug, 'match.jsonl'),
    noMatch: textOf(slug, 'no-match.jsonl'),
  }))
}

/** The field mapping that ships with the rules. */
export function shippedMapping(): FieldMapping {
  return parseFieldMapping(readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'))
}

/** The shipped rules, loaded as for a deployment; `path` of each is its folder's name. */
export function shippedRules(): readonly Rule[] {
  const sources = ruleFolders().map(({ slug, rule }) => ({ path: slug, text: rule ?? '' }))
  return loadRules(sources, { mapping: shippedMapping() }).rules
}
