import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FieldMapping, loadRules, parseFieldMapping, type RuleSet } from '@pomona/rules'
import { type ContentProblem, readRuleFolders } from '@pomona/store'
import { messageOf, ServerError } from '../errors.ts'

/** Everything detection is made of, as read from a content directory. */
export interface Content {
  readonly rules: RuleSet
  readonly mapping: FieldMapping
  /** Files that could not be read; the others are in `rules`. */
  readonly problems: readonly ContentProblem[]
}

const RULES_FOLDER = 'rules'
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
    const { rules, problems } = await readRuleFolders(join(directory, RULES_FOLDER))
    const whole = problems.find(({ path }) => path === '.')
    if (whole !== undefined) throw new Error(`${RULES_FOLDER}: ${whole.message}`)
    const sources = rules.map((rule) => ({ ...rule, path: `${RULES_FOLDER}/${rule.path}` }))
    return { mapping, rules: loadRules(sources, { mapping }), problems }
  } catch (error) {
    throw new ServerError(
      'ERR_CONTENT_UNREADABLE',
      `The content directory ${directory} cannot be used: ${messageOf(error)}`,
      { cause: error, details: { path: directory } },
    )
  }
}
