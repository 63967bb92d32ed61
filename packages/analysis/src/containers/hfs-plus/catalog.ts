import type { Budget } from '../../bytes/budget.ts'
import type { ByteView } from '../../bytes/view.ts'
import type { ByteSource } from '../source.ts'
import { treeRecords } from './tree.ts'
import { type Extent, type Fork, readExtents, readFork } from './volume.ts'

/** A file or folder of the catalog. */
export interface CatalogItem {
  readonly id: number
  readonly parent: number
  readonly name: string
  readonly kind: 'file' | 'folder'
  readonly mode: number
  readonly ownerId: number
  readonly modifiedMs: number
  /** Of a hard link, the number of the file it stands for. */
  readonly inode?: number
  readonly isCompressed: boolean
  readonly data?: Fork
  readonly resource?: Fork
}

const RECORD_FOLDER = 1
const RECORD_FILE = 2
/** Milliseconds from 1904, where HFS begins to count, to 1970. */
const HFS_EPOCH_MS = -2_082_844_800_000
const MS_PER_S = 1_000
const FLAG_COMPRESSED = 0x20
const HARD_LINK = 'hlnkhfs+'

/**
 * All files and folders.
 *
 * ```
 * key     parent (4), name length (2), name (UTF-16)
 * folder  1 (2), flags (2), items (4), id (4), created (4), modified (4), 32 owner (4), group (4),
 *         flags (2), mode (2), special (4)
 * file    2 (2), …, as above, 48 type (4), creator (4), 88 data fork, 168 resource fork
 * ```
 */
export function* catalogItems(catalog: ByteSource, budget: Budget): Generator<CatalogItem> {
  for (const { key, data } of treeRecords(catalog, budget)) {
    const type = data.u16(0)
    if (type !== RECORD_FILE && type !== RECORD_FOLDER) continue
    const item = {
      id: data.u32(8),
      parent: key.u32(0),
      name: nameOf(key, 4),
      mode: data.u16(42),
      ownerId: data.u32(32),
      modifiedMs: HFS_EPOCH_MS + data.u32(16) * MS_PER_S,
      isCompressed: (data.u8(41) & FLAG_COMPRESSED) !== 0,
    }
    if (type === RECORD_FOLDER) yield { ...item, kind: 'folder' }
    else {
      const isLink = data.latin1(48, 8) === HARD_LINK
      yield {
        ...item,
        kind: 'file',
        data: readFork(data, 88),
        resource: readFork(data, 168),
        ...(isLink && { inode: data.u32(44) }),
      }
    }
  }
}

/** A name of UTF-16 with its length before it. What the Finder shows as `/` is stored as it is. */
export function nameOf(view: ByteView, at: number): string {
  const name = Buffer.from(view.slice(at + 2, view.u16(at) * 2).bytes)
  return name.swap16().toString('utf16le').replaceAll('/', ':')
}

/** Further extents of forks that are in more than eight pieces, by fork type and file. */
export function overflowExtents(
  extentsFile: ByteSource,
  budget: Budget,
): ReadonlyMap<string, readonly Extent[]> {
  const found = new Map<string, Extent[]>()
  // Key: fork type (1), padding (1), file (4), first block of the file (4); in order of the blocks.
  for (const { key, data } of treeRecords(extentsFile, budget)) {
    const name = forkKey(key.u8(0) === 0xff ? 'resource' : 'data', key.u32(2))
    const list = found.get(name) ?? []
    list.push(...readExtents(data, 0))
    found.set(name, list)
  }
  return found
}

/** The name under which overflow extents are kept. */
export function forkKey(fork: 'data' | 'resource', file: number): string {
  return `${fork} ${file}`
}

/** An attribute of a file: in its record, or in blocks of its own. */
export interface CatalogAttribute {
  readonly file: number
  readonly name: string
  readonly value: Fork | Uint8Array
}

const ATTRIBUTE_INLINE = 0x10
const ATTRIBUTE_FORK = 0x20

/**
 * All extended attributes.
 *
 * ```
 * key     padding (2), file (4), first block (4), name length (2), name (UTF-16)
 * inline  0x10 (4), reserved (8), size (4), value;  fork  0x20 (4), reserved (4), fork (80)
 * ```
 */
export function* catalogAttributes(
  attributes: ByteSource,
  budget: Budget,
): Iterable<CatalogAttribute> {
  for (const { key, data } of treeRecords(attributes, budget)) {
    const type = data.u32(0)
    const found = { file: key.u32(2), name: nameOf(key, 10) }
    if (type === ATTRIBUTE_INLINE) yield { ...found, value: data.slice(16, data.u32(12)).bytes }
    else if (type === ATTRIBUTE_FORK) yield { ...found, value: readFork(data, 8) }
  }
}
