import { type ExceptionSet, loadExceptions } from './exception.ts'
import type { FieldMapping } from './mapping/mapping.ts'
import { parseFieldMapping } from './mapping/parse.ts'
import { loadRules, type RuleSet } from './rule-set.ts'
import type { RuleSource } from './sigma/load.ts'

/** Tag of a rule that runs on the Mac itself, whether or not the server can be reached. */
export const HOST_TAG = 'pomona.host'

/** Where the files of a bundle stand, as in a content directory. */
export const BUNDLE_PATHS = {
  mapping: 'mappings/sigma-macos.yml',
  rules: 'rules/',
  exceptions: 'exceptions/',
} as const

/** Everything detection on a Mac is made of. */
export interface BundleContent {
  readonly mapping: FieldMapping
  readonly rules: RuleSet
  readonly exceptions: ExceptionSet
}

/**
 * Reads the files of a bundle. Server and agent use this one function: what the server tried before
 * it offered a bundle is what the agent runs. A file elsewhere is no part of it.
 *
 * @param files Texts by path.
 * @returns A broken rule is an outcome of its own, a broken exception excepts nothing; whoever
 *   loads a bundle decides what that means.
 * @throws MappingError when the field mapping is absent or cannot be read.
 */
export function loadBundle(files: Readonly<Record<string, string>>): BundleContent {
  const mapping = parseFieldMapping(files[BUNDLE_PATHS.mapping] ?? '')
  const below = (folder: string): readonly RuleSource[] =>
    Object.entries(files)
      .filter(([path]) => path.startsWith(folder))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, text]) => ({ path, text }))
  return {
    mapping,
    rules: loadRules(below(BUNDLE_PATHS.rules), { mapping }),
    exceptions: loadExceptions(below(BUNDLE_PATHS.exceptions), { mapping }),
  }
}
