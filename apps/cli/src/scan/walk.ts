import { type Dirent, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Folders inside of each other; deeper ones are loops that a mount made. */
const DEPTH_MAX = 128

function entriesOf(folder: string): readonly Dirent[] | undefined {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return undefined // It is given out like a file, and the reader of files says why it cannot be.
  }
}

function* walk(path: string, depth: number): Generator<string> {
  const entries = entriesOf(path)
  if (entries === undefined) yield path
  for (const entry of entries ?? []) {
    const inside = join(path, entry.name)
    if (entry.isFile()) yield inside
    else if (entry.isDirectory() && depth < DEPTH_MAX) yield* walk(inside, depth + 1)
  }
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/**
 * The regular files at the paths and below them, in order of their names. Links, devices and pipes
 * are passed over, except that a path that was named may be a link. A path that is not there and a
 * folder that cannot be read are given out as they are: whoever opens them learns why.
 */
export function* walkFiles(paths: readonly string[]): Generator<string> {
  for (const path of paths) {
    if (isFolder(path)) yield* walk(path, 0)
    else yield path
  }
}
