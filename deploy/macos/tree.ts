/** A file or folder to be installed. Paths are relative to the root of the disk, with `/`. */
export type TreeEntry = FileEntry | FolderEntry

/** A file to be installed. */
export interface FileEntry {
  readonly kind: 'file'
  readonly path: string
  /** Permission bits, such as 0o644. */
  readonly mode: number
  /** Group id; 0 is wheel, 80 is admin. The owner is always root. */
  readonly group: number
  readonly bytes: Uint8Array
}

/** A folder to be installed. */
export interface FolderEntry {
  readonly kind: 'folder'
  readonly path: string
  readonly mode: number
  readonly group: number
}

const S_IFDIR = 0o040_000
const S_IFREG = 0o100_000

/** A file owned by root:wheel. */
export function file(path: string, bytes: Uint8Array | string, mode = 0o644): FileEntry {
  const content = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes
  return { kind: 'file', path, mode, group: 0, bytes: content }
}

/** A folder owned by root; its group is wheel unless told. */
export function folder(path: string, mode = 0o755, group = 0): FolderEntry {
  return { kind: 'folder', path, mode, group }
}

/** Type and permission bits, as `stat` has them. */
export function statMode(entry: TreeEntry): number {
  return (entry.kind === 'folder' ? S_IFDIR : S_IFREG) | entry.mode
}
