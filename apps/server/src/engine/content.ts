import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ExceptionSet,
  type FieldMapping,
  loadExceptions,
  loadRules,
  parseFieldMapping,
  type RuleSet,
  type RuleSource,
} from '@pomona/rules'
import { type ContentProblem, readRuleFolders } from '@pomona/store'
import { messageOf, ServerError } from '../errors.ts'

/** Everything detection is made of, as read from a content directory. */
export interface Content {
  readonly rules: RuleSet
  readonly exceptions: ExceptionSet
  readonly mapping: FieldMapping
  /** Files that could not be read; the others are in `rules`. */
  readonly problems: readonly ContentProblem[]
  readonly texts: ContentTexts
}

/** The files that content was read from, under their paths in its directory. */
export interface ContentTexts {
  readonly mapping: string
  readonly rules: readonly RuleSource[]
  readonly exceptions: readonly RuleSource[]
}

const RULES_FOLDER = 'rules'
const EXCEPTIONS_FOLDER = 'exceptions'
const MAPPING_FILE = join('mappings', 'sigma-macos.yml')

/**
 * Reads rules, exceptions and field mapping of a content directory. A broken rule is one of the
 * outcomes and stops nothing; a broken exception excepts nothing.
 *
 * @param directory Holds `rules/` and `mappings/sigma-macos.yml`, and `exceptions/` where there are
 *                  any; rules and exceptions are searched recursively.
 * @throws ServerError ERR_CONTENT_UNREADABLE when the directory or the mapping cannot be used.
 */
export async function loadContent(directory: string): Promise<Content> {
  try {
    const mappingText = await readFile(join(directory, MAPPING_FILE), 'utf8')
    const mapping = parseFieldMapping(mappingText)
    const { rules, problems } = await readRuleFolders(join(directory, RULES_FOLDER))
    const whole = problems.find(({ path }) => path === '.')
    if (whole !== undefined) throw new Error(`${RULES_FOLDER}: ${whole.message}`)
    const sources = rules.map((rule) => ({ ...rule, path: `${RULES_FOLDER}/${rule.path}` }))
    const excepting = await readRuleFolders(join(directory, EXCEPTIONS_FOLDER))
    const exceptionSources = excepting.rules.map((each) => ({
      ...each,
      path: `${EXCEPTIONS_FOLDER}/${each.path}`,
    }))
    const exceptions = loadExceptions(exceptionSources, { mapping })
    // Most installations have none, and no folder for them.
    const others = excepting.problems.filter(({ path }) => path !== '.')
    const rulesRead = loadRules(sources, { mapping })
    const texts = { mapping: mappingText, rules: sources, exceptions: exceptionSources }
    return { mapping, rules: rulesRead, exceptions, problems: [...problems, ...others], texts }
  } catch (error) {
    throw new ServerError(
      'ERR_CONTENT_UNREADABLE',
      `The content directory ${directory} cannot be used: ${messageOf(error)}`,
      { cause: error, details: { path: directory } },
    )
  }
}
