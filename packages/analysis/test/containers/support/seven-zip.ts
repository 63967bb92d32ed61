import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const PROGRAM = '7zz'

/** Whether the oracle cannot be asked here. */
export function isSevenZipMissing(): boolean {
  return spawnSync(PROGRAM, ['i']).status !== 0
}

/** SHA-256 of a text of Latin-1 characters. */
export function digestOf(content: string): string {
  return createHash('sha256').update(content, 'latin1').digest('hex')
}

/**
 * Digests of the files that 7-Zip unpacks, by path; links are not followed.
 *
 * @param folder The folder 7-Zip makes for the volume, which is left out of the paths.
 */
export function sevenZipFiles(path: string, folder = ''): Map<string, string> {
  const root = mkdtempSync(join(tmpdir(), 'pomona-7z-'))
  try {
    spawnSync(PROGRAM, ['x', '-y', '-bd', `-o${root}`, path])
    const files = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    return new Map(
      files.map((file) => [
        relative(join(root, folder), file),
        digestOf(readFileSync(file, 'latin1')),
      ]),
    )
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
