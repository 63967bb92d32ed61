import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type ExceptionSet,
  type FieldMapping,
  loadExceptions,
  loadRules,
  parseFieldMapping,
  type RuleSet,
  type RuleSource,
} from '@pomona/rules'
import { loadScenarios, type Scenario } from '@pomona/sensor'
import { CliError, wrongUse } from './errors.ts'

/** The content this checkout ships. */
const CONTENT = fileURLToPath(new URL('../../../content/', import.meta.url))
const MAPPING = join('mappings', 'sigma-macos.yml')
const RULES_FOLDER = 'rules'
const EXCEPTIONS_FOLDER = 'exceptions'
const FILES_MAX = 50_000
const RULE_FILE = /\.(?:ya?ml|toml)$/

/** Folder of the rules this checkout ships. */
export const RULES_SHIPPED = join(CONTENT, RULES_FOLDER)

/** The mapping of Sigma's names to ours. */
export async function fieldMapping(): Promise<FieldMapping> {
  return parseFieldMapping(await readText(join(CONTENT, MAPPING)))
}

/**
 * Reads rule files: the files named, and every `.yml`, `.yaml` and `.toml` below the folders
 * named, in order of path. Of a content directory it is the files below `rules`. Paths are shown
 * relative to where the command runs.
 *
 * @throws CliError ERR_CLI_FILE when something cannot be read, ERR_CLI_USAGE when a folder has no
 *         rule.
 */
export async function ruleSources(paths: readonly string[]): Promise<readonly RuleSource[]> {
  const files: string[] = []
  for (const path of paths) {
    const found = await ruleFilesOf(path)
    if (found.length === 0) throw wrongUse(`There is no rule file (.yml, .yaml, .toml) in ${path}.`)
    files.push(...found)
    if (files.length > FILES_MAX) throw wrongUse(`More than ${FILES_MAX} rule files in ${path}.`)
  }
  return await sourcesOf(files)
}

/** Rules and exceptions as a server would take them. */
export interface LoadedContent {
  /** Files that rules were read from. */
  readonly files: number
  readonly rules: RuleSet
  readonly exceptions: ExceptionSet
  /** Whether the paths hold all rules that their exceptions can be for. */
  readonly isWhole: boolean
}

/**
 * Loads rule files and folders with the exceptions that belong to them: those of the content
 * directory that a path is, or whose `rules` it lies in. That directory's mapping is used where it
 * has one.
 *
 * @param exceptions More files and folders of exceptions.
 * @throws CliError as {@link ruleSources}.
 */
export async function loadContent(
  paths: readonly string[],
  { exceptions: more = [] }: { readonly exceptions?: readonly string[] } = {},
): Promise<LoadedContent> {
  const sources = await ruleSources(paths)
  const found = await Promise.all(paths.map(contentDirectory))
  const roots = [...new Set(found.filter((root) => root !== undefined))]
  const mapping = await mappingOf(roots)
  const files: string[] = []
  for (const root of roots) {
    const folder = join(root, EXCEPTIONS_FOLDER)
    if (await isFolder(folder)) files.push(...(await filesBelow(folder)))
  }
  const excepting = [...(await sourcesOf(files)), ...(await ruleSources(more))]
  return {
    files: sources.length,
    rules: loadRules(sources, { mapping }),
    exceptions: loadExceptions(excepting, { mapping }),
    isWhole: paths.every((path, index) => {
      const root = found[index]
      const whole = root === undefined ? [] : [root, join(root, RULES_FOLDER)]
      return root === undefined || whole.map((one) => resolve(one)).includes(resolve(path))
    }),
  }
}

/** The content directory that a path is, or in whose rules it lies. */
async function contentDirectory(path: string): Promise<string | undefined> {
  const names = [RULES_FOLDER, EXCEPTIONS_FOLDER]
  const held = await Promise.all(names.map((name) => isFolder(join(path, name))))
  if (held.includes(true)) return path
  let at = resolve(path)
  while (basename(at) !== RULES_FOLDER && dirname(at) !== at) at = dirname(at)
  return basename(at) === RULES_FOLDER ? dirname(at) : undefined
}

async function mappingOf(roots: readonly string[]): Promise<FieldMapping> {
  for (const root of roots) {
    const file = join(root, MAPPING)
    if (await isThere(file)) return parseFieldMapping(await readText(file))
  }
  return await fieldMapping()
}

/** Rules of a content directory lie in a folder of their own, exceptions never count as rules. */
async function ruleFilesOf(path: string): Promise<readonly string[]> {
  const folder = join(path, RULES_FOLDER)
  if (await isFolder(folder)) return await filesBelow(folder)
  const excepting = join(path, EXCEPTIONS_FOLDER) + sep
  return (await filesBelow(path)).filter((file) => !file.startsWith(excepting))
}

async function sourcesOf(files: readonly string[]): Promise<readonly RuleSource[]> {
  const sources: RuleSource[] = []
  for (const file of new Set(files)) {
    const source = { path: shown(file), text: await readText(file) }
    // In a rule folder the rule's tests lie beside it; elsewhere nobody expects them.
    const isFolder = basename(file) === 'rule.yml'
    sources.push(isFolder ? { ...source, beside: await readdir(dirname(file)) } : source)
  }
  return sources
}

/** The scenarios this checkout ships, or the ones of a file or folder. */
export async function scenarios(path = join(CONTENT, 'scenarios')): Promise<readonly Scenario[]> {
  const { scenarios: loaded, problems } = await loadScenarios(path)
  const [first] = problems
  if (first === undefined) return loaded
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  throw new CliError('ERR_CLI_FILE', `${first.path}:${first.line}: ${first.message}${more}`)
}

/** Reads a text file whole. @throws CliError ERR_CLI_FILE. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** Whether there is a folder of this name; what cannot be asked is none. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function filesBelow(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const entries = await readdir(path, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && RULE_FILE.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function shown(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}

function unreadable(path: string, cause: unknown): CliError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new CliError('ERR_CLI_FILE', `Cannot read ${path}: ${reason}`, { cause })
}
