import type { ContainerFindingCode, Entry, EntryFinding } from './entry.ts'

/** Marks that turn the reading direction or cannot be seen, and long gaps: `cv.pdf       .app`. */
const DECEPTIVE = /[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]| {8}|\u3000{4}/u

/** A path in pieces, with what is wrong about it. */
export interface JudgedPath {
  /** Cleaned: no empty parts and no `.`; `..` is kept, for people to see. */
  readonly path: string
  readonly findings: readonly EntryFinding[]
}

/** Judges a path as a container states it. @param bytesMax UTF-8 bytes kept of it. */
export function judgePath(stated: string, bytesMax: number): JudgedPath {
  const findings: EntryFinding[] = []
  const note = (code: ContainerFindingCode, detail: string) => findings.push({ code, detail })
  let text = stated
  if (Buffer.byteLength(text) > bytesMax) {
    note('path_long', `The path has ${Buffer.byteLength(text)} bytes.`)
    text = Buffer.from(text).subarray(0, bytesMax).toString('utf8')
  }
  if (text.startsWith('/')) note('path_absolute', 'The path begins at the root.')
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) note('path_traversal', 'The path leaves the folder it is unpacked in.')
  if (DECEPTIVE.test(text)) note('path_deceptive', 'The path shows otherwise than it is.')
  return { path: parts.join('/'), findings }
}

/** A symbolic link. */
export interface Link {
  readonly path: string
  readonly target: string
}

/** Judges where a symbolic link leads, from the folder it stands in. */
export function judgeLink({ path, target }: Link): readonly EntryFinding[] {
  if (target.startsWith('/')) {
    return [{ code: 'link_absolute', detail: `The link leads to ${target.slice(0, 200)}.` }]
  }
  let depth = path.split('/').length - 1
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1
    else if (part !== '' && part !== '.') depth += 1
    if (depth < 0) {
      return [{ code: 'link_escapes', detail: `The link leads out to ${target.slice(0, 200)}.` }]
    }
  }
  return []
}

const SET_ID = 0o6_000

/** Files that run as their owner or group. */
export function judgeMode({ kind, mode = 0, ownerId }: Entry): readonly EntryFinding[] {
  if (kind !== 'file' || (mode & SET_ID) === 0) return []
  const owner = ownerId === undefined ? 'another user' : `user ${ownerId}`
  return [{ code: 'set_id', detail: `The file runs as ${owner} or its group.` }]
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The path without its last part; empty at the top. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
