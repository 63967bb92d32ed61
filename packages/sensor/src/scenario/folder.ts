import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SensorError } from '../errors.ts'
import { parseScenario } from './parse.ts'
import type { Scenario, ScenarioProblem } from './scenario.ts'

/** Everything that was found, good and bad. */
export interface LoadedScenarios {
  /** In order of path. */
  readonly scenarios: readonly Scenario[]
  readonly problems: readonly ScenarioProblem[]
}

const FILES_MAX = 1_000

/**
 * Reads scenario files: one file, or every `.yml` and `.yaml` below a folder.
 *
 * @throws SensorError ERR_SCENARIO_INVALID when the path cannot be read. Problems inside files are
 *         returned, all of them.
 */
export async function loadScenarios(path: string): Promise<LoadedScenarios> {
  const scenarios: Scenario[] = []
  const problems: ScenarioProblem[] = []
  try {
    const isFolder = (await stat(path)).isDirectory()
    const files = isFolder ? await scenarioFiles(path) : [path]
    for (const file of files.slice(0, FILES_MAX)) {
      const read = parseScenario(await readFile(file, 'utf8'), { path: file })
      if (read.ok) scenarios.push(read.scenario)
      else problems.push(...read.problems)
    }
    if (files.length > FILES_MAX) {
      problems.push({ path, line: 1, message: `Only the first ${FILES_MAX} files were read.` })
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SensorError('ERR_SCENARIO_INVALID', `Cannot read scenarios at ${path}: ${reason}`, {
      details: { path },
      cause,
    })
  }
  return { scenarios, problems }
}

async function scenarioFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}
