import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import {
  type FieldMapping,
  loadRules,
  parseFieldMapping,
  type RuleSet,
  type RuleSource,
} from '@pomona/rules'
import { messageOf, ServerError } from '../errors.ts'

/** Everything detection is made of, as read from a content directory. */
export interface Content {
  readonly rules: RuleSet
  readonly mapping: FieldMapping
}

const RULE_FILES_MAX = 20_000
const RULE_EXTENSIONS: ReadonlySet<string> = new Set(['.yml', '.yaml'])
const MAPPING_FILE = join('mappings', 'sigma-macos.yml')

/**
 * Reads rules and field mapping of a content directory. A broken rule is one of the outcomes and
 * stops nothing.
 *
 * @param directory Holds `rules/` (searched recursively) and `mappings/sigma-macos.yml`.
 * @throws ServerError ERR_CONTENT_UNREADABLE when the directory or the mapping cannot be used.
 */
export async function loadContent(directory: string): Promise<Content> {
  try {
    const mapping = parseFieldMapping(await readFile(join(directory, MAPPING_FILE), 'utf8'))
    const sources = await ruleSources(directory)
    return { mapping, rules: loadRules(sources, { mapping }) }
  } catch (error) {
    throw new ServerError(
      'ERR_CONTENT_UNREADABLE',
      `The content directory ${directory} cannot be used: ${messageOf(error)}`,
      { cause: error, details: { path: directory } },
    )
  }
}

async function ruleSources(directory: string): Promise<readonly RuleSource[]> {
  const root = join(directory, 'rules')
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && RULE_EXTENSIONS.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  if (paths.length > RULE_FILES_MAX) throw new Error(`more than ${RULE_FILES_MAX} rule files`)
  return await Promise.all(
    paths.map(async (path) => ({
      path: relative(directory, path),
      text: await readFile(path, 'utf8'),
    })),
  )
}
