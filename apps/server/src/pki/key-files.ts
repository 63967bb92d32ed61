import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, ServerError } from '../errors.ts'

/** Where keys and certificates lie. Names are ours and never come from a request. */
export interface KeyFiles {
  /** @throws ServerError ERR_PKI when it lies open to others, or cannot be read. */
  read(name: string): Promise<string | undefined>
  /** Replaces the text, all or nothing; it is on stable storage when this resolves. */
  write(name: string, text: string): Promise<void>
}

const OTHERS_MASK = 0o077
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** Keys of a folder that only the server's own user can open. */
export function folderKeyFiles(directory: string): KeyFiles {
  return {
    read: async (name) => {
      const path = join(directory, name)
      try {
        const { mode } = await stat(path)
        if ((mode & OTHERS_MASK) === 0) return await readFile(path, 'utf8')
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined
        throw new ServerError('ERR_PKI', `${path} cannot be read.`, { cause: error })
      }
      throw new ServerError(
        'ERR_PKI',
        `${path} can be opened by others than its owner: run chmod 600 on it, and if others could ` +
          'read it, replace the authority.',
        { details: { path } },
      )
    },
    write: async (name, text) => {
      await mkdir(directory, { recursive: true, mode: FOLDER_MODE })
      const temporary = join(directory, `${name}.${randomUUID()}`)
      try {
        const file = await open(temporary, 'wx', FILE_MODE)
        try {
          await file.writeFile(text)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(temporary, join(directory, name))
        await syncFolder(directory)
      } catch (error) {
        await rm(temporary, { force: true })
        throw new ServerError('ERR_PKI', `${join(directory, name)} cannot be written.`, {
          cause: error,
        })
      }
    },
  }
}

async function syncFolder(directory: string): Promise<void> {
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Keys that are gone with the process, for servers whose stores are in memory. */
export function memoryKeyFiles(): KeyFiles {
  const texts = new Map<string, string>()
  return {
    read: async (name) => texts.get(name),
    write: async (name, text) => {
      texts.set(name, text)
    },
  }
}
