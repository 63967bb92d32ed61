import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'

/** A rule as it lies on disk, with its tests where it has a folder of its own. */
export interface RuleText {
  /** Path below the directory that was read, with `/`. */
  readonly path: string
  readonly text: string
  /** Names of the files beside a `rule.yml`. */
  readonly beside?: readonly string[]
  readonly match?: string
  readonly noMatch?: string
}

/** A file or folder that could not be used. */
export interface ContentProblem {
  readonly path: string
  readonly reason: 'unreadable' | 'too_large' | 'too_many' | 'too_deep' | 'not_a_file'
  readonly message: string
}

/** Everything below a directory, sorted by path, and every problem. */
export interface RuleFolders {
  readonly rules: readonly RuleText[]
  readonly problems: readonly ContentProblem[]
}

/** Bounds of one reading. */
export interface RuleFolderLimits {
  readonly filesMax?: number
  readonly fileBytesMax?: number
  readonly depthMax?: number
}

const RULE_FILE = /\.(?:ya?ml|toml)$/
const LIMITS = { filesMax: 20_000, fileBytesMax: 4 * 1024 * 1024, depthMax: 16 }

interface Reading {
  readonly root: string
  readonly limits: Required<RuleFolderLimits>
  readonly files: string[]
  readonly problems: ContentProblem[]
  full: boolean
}

/**
 * Reads every rule below a directory: `<slug>/rule.yml` with its `match.jsonl` and
 * `no-match.jsonl`, and plain trees of `.yml`, `.yaml` and `.toml`. Symbolic links are not
 * followed; they are reported.
 *
 * @returns What could be read; never throws, also not when the directory is missing.
 */
export async function readRuleFolders(
  directory: string,
  limits: RuleFolderLimits = {},
): Promise<RuleFolders> {
  const reading: Reading = {
    root: directory,
    limits: { ...LIMITS, ...limits },
    files: [],
    problems: [],
    full: false,
  }
  await findRules(reading, directory, 0)
  const rules: RuleText[] = []
  for (const path of reading.files.toSorted()) {
    // oxlint-disable-next-line no-await-in-loop -- thousands of files at once would exhaust descriptors
    const rule = await readRule(reading, path)
    if (rule !== undefined) rules.push(rule)
  }
  return { rules, problems: reading.problems }
}

async function findRules(reading: Reading, directory: string, depth: number): Promise<void> {
  if (depth > reading.limits.depthMax) {
    report(reading, { path: directory, reason: 'too_deep', message: 'nested too deeply' })
    return
  }
  const entries = await attempt(reading, directory, () =>
    readdir(directory, { withFileTypes: true }),
  )
  for (const entry of entries ?? []) {
    const path = join(directory, entry.name)
    // oxlint-disable-next-line no-await-in-loop -- depth first, one folder at a time
    if (entry.isDirectory()) await findRules(reading, path, depth + 1)
    else if (!RULE_FILE.test(entry.name)) continue
    else if (entry.isFile()) addFile(reading, path)
    else report(reading, { path, reason: 'not_a_file', message: 'a link or device, not a file' })
  }
}

function addFile(reading: Reading, path: string): void {
  const { filesMax } = reading.limits
  if (reading.files.length < filesMax) reading.files.push(path)
  else if (!reading.full) {
    reading.full = true
    report(reading, {
      path,
      reason: 'too_many',
      message: `more than ${filesMax} files; the rest is left out`,
    })
  }
}

async function readRule(reading: Reading, path: string): Promise<RuleText | undefined> {
  const text = await readText(reading, path)
  if (text === undefined) return undefined
  const shown = shownPath(reading.root, path)
  if (basename(path) !== 'rule.yml') return { path: shown, text }
  const folder = dirname(path)
  const beside = (await attempt(reading, folder, () => readdir(folder))) ?? []
  const test = async (name: string): Promise<string | undefined> =>
    beside.includes(name) ? await readText(reading, join(folder, name)) : undefined
  const match = await test('match.jsonl')
  const noMatch = await test('no-match.jsonl')
  return {
    path: shown,
    text,
    beside: beside.toSorted(),
    ...(match !== undefined && { match }),
    ...(noMatch !== undefined && { noMatch }),
  }
}

// The size is asked of the open file and the read is bounded: the file may change meanwhile.
async function readText(reading: Reading, path: string): Promise<string | undefined> {
  const { fileBytesMax } = reading.limits
  return await attempt(reading, path, async () => {
    if (!(await lstat(path)).isFile()) {
      report(reading, { path, reason: 'not_a_file', message: 'a link or device, not a file' })
      return undefined
    }
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const { size } = await file.stat()
      if (size <= fileBytesMax) return (await file.readFile()).toString('utf8')
      report(reading, { path, reason: 'too_large', message: `larger than ${fileBytesMax} bytes` })
      return undefined
    } finally {
      await file.close()
    }
  })
}

async function attempt<T>(
  reading: Reading,
  path: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    report(reading, { path, reason: 'unreadable', message })
    return undefined
  }
}

function report(reading: Reading, problem: ContentProblem): void {
  reading.problems.push({ ...problem, path: shownPath(reading.root, problem.path) })
}

function shownPath(root: string, path: string): string {
  return (relative(root, path) || '.').split(sep).join('/')
}
