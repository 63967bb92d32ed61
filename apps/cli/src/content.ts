import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FieldMapping, parseFieldMapping, type RuleSource } from '@pomona/rules'
import { loadScenarios, type Scenario } from '@pomona/sensor'
import { CliError, wrongUse } from './errors.ts'

/** The content this checkout ships. */
const CONTENT = fileURLToPath(new URL('../../../content/', import.meta.url))
const MAPPING = join(CONTENT, 'mappings', 'sigma-macos.yml')
const FILES_MAX = 50_000
const RULE_FILE = /\.(?:ya?ml|toml)$/

/** Folder of the rules this checkout ships. */
export const RULES_SHIPPED = join(CONTENT, 'rules')

/** The mapping of Sigma's names to ours. */
export async function fieldMapping(): Promise<FieldMapping> {
  return parseFieldMapping(await readText(MAPPING))
}

/**
 * Reads rule files: the files named, and every `.yml`, `.yaml` and `.toml` below the folders
 * named, in order of path. Paths are shown relative to where the command runs.
 *
 * @throws CliError ERR_CLI_FILE when something cannot be read, ERR_CLI_USAGE when a folder has no
 *         rule.
 */
export async function ruleSources(paths: readonly string[]): Promise<readonly RuleSource[]> {
  const files: string[] = []
  for (const path of paths) {
    const found = await filesBelow(path)
    if (found.length === 0) throw wrongUse(`There is no rule file (.yml, .yaml, .toml) in ${path}.`)
    files.push(...found)
    if (files.length > FILES_MAX) throw wrongUse(`More than ${FILES_MAX} rule files in ${path}.`)
  }
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
