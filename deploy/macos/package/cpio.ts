import { statMode, type TreeEntry } from '../tree.ts'

const MAGIC = '070707'
const TRAILER = 'TRAILER!!!'
const SIZE_MAX = 0o77_777_777_777

/**
 * Writes a cpio archive in the old portable (odc) form, which is what installer payloads are.
 * Paths begin with `./`, the root itself is `.`; every field is octal text:
 *
 * ```
 * magic 6, dev 6, ino 6, mode 6, uid 6, gid 6, nlink 6, rdev 6, mtime 11, namesize 6, filesize 11,
 * name with NUL, content
 * ```
 *
 * @param seconds Modification time of all entries, in seconds since 1970.
 * @see POSIX.1-1988, cpio interchange format.
 */
export function cpioArchive(entries: readonly TreeEntry[], seconds: number): Buffer {
  const root: TreeEntry = { kind: 'folder', path: '', mode: 0o755, group: 0 }
  const parts = [root, ...entries].flatMap((entry, index) => {
    const content = entry.kind === 'file' ? entry.bytes : new Uint8Array()
    const name = entry.path === '' ? '.' : `./${entry.path}`
    const links = entry.kind === 'folder' ? 2 : 1
    const header = { inode: index + 1, mode: statMode(entry), group: entry.group, links, seconds }
    return [headerOf(name, content.length, header), content]
  })
  const end = { inode: 0, mode: 0, group: 0, links: 1, seconds: 0 }
  return Buffer.concat([...parts, headerOf(TRAILER, 0, end)])
}

interface HeaderFields {
  readonly inode: number
  readonly mode: number
  readonly group: number
  readonly links: number
  readonly seconds: number
}

function headerOf(name: string, contentBytes: number, fields: HeaderFields): Buffer {
  const { inode, mode, group, links, seconds } = fields
  if (contentBytes > SIZE_MAX) throw new Error(`${name} is too large for a cpio archive.`)
  const nameBytes = Buffer.from(`${name}\0`)
  const short = [0, inode, mode, 0, group, links, 0].map((value) => octal(value, 6)).join('')
  const sizes = octal(seconds, 11) + octal(nameBytes.length, 6) + octal(contentBytes, 11)
  return Buffer.concat([Buffer.from(MAGIC + short + sizes, 'latin1'), nameBytes])
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
