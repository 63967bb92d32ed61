import { constants } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from '../errors.ts'

const OWNER_ONLY = 0o600
const FOLDER_OWNER_ONLY = 0o700
const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY } = constants

/**
 * Puts a file in the place of another one, or of none. Whenever the machine stops, the one or the
 * other is there, whole. Only its owner can read it.
 *
 * Two replacements of one file do not go on at once.
 */
export async function replaceFile(path: string, bytes: string | Uint8Array): Promise<void> {
  const next = `${path}.next`
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_OWNER_ONLY })
  const file = await open(next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, OWNER_ONLY)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
  await syncFolder(dirname(path))
}

/** Removes a file for good; one that is not there is fine. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true })
  await syncFolder(dirname(path))
}

/** The text of a file that is no link; nothing when there is none. */
export async function readOwnFile(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, O_RDONLY | O_NOFOLLOW)
    try {
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Resolves when the names in a folder are on stable storage. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, O_RDONLY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    // There is no folder, and so nothing in it to keep.
    if (codeOf(error) !== 'ENOENT') throw error
  }
}
