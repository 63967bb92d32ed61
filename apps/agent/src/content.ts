import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BUNDLE_PATHS, type BundleContent, loadBundle } from '@pomona/rules'
import { BUNDLE_BYTES_MAX, BUNDLE_FILES_MAX } from '@pomona/schema'
import { AgentError, codeOf, messageOf } from './errors.ts'

const RULE_FILE = /\.(?:ya?ml|toml)$/

/**
 * Reads the content of a folder as a bundle has it.
 *
 * @throws AgentError ERR_AGENT_CONTENT when the folder cannot be read, is larger than a bundle may
 *         be, or lacks a field mapping that can be read.
 */
export async function readContent(folder: string): Promise<BundleContent> {
  try {
    const files: Record<string, string> = {}
    let bytes = 0
    for (const path of await contentPaths(folder)) {
      const file = await open(join(folder, path), 'r')
      try {
        files[path] = await file.readFile('utf8')
      } finally {
        await file.close()
      }
      bytes += files[path].length
      if (bytes > BUNDLE_BYTES_MAX) throw new Error(`it has more than ${BUNDLE_BYTES_MAX} bytes`)
    }
    return loadBundle(files)
  } catch (error) {
    throw new AgentError(
      'ERR_AGENT_CONTENT',
      `The content in ${folder} cannot be used: ${messageOf(error)}`,
      { cause: error, details: { folder } },
    )
  }
}

async function contentPaths(folder: string): Promise<readonly string[]> {
  const paths: string[] = []
  for (const part of [BUNDLE_PATHS.rules, BUNDLE_PATHS.exceptions]) {
    // Most installations have no exceptions, and no folder for them.
    const isOptional = part === BUNDLE_PATHS.exceptions
    for (const name of await namesBelow(join(folder, part), isOptional)) {
      if (RULE_FILE.test(name)) paths.push(`${part}${name}`)
      if (paths.length > BUNDLE_FILES_MAX) throw new Error(`it has over ${BUNDLE_FILES_MAX} files`)
    }
  }
  return [...paths, BUNDLE_PATHS.mapping]
}

async function namesBelow(folder: string, isOptional: boolean): Promise<readonly string[]> {
  try {
    return await readdir(folder, { recursive: true })
  } catch (error) {
    if (isOptional && codeOf(error) === 'ENOENT') return []
    throw error
  }
}
