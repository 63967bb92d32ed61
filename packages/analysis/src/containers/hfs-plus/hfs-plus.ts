import type { Budget } from '../../bytes/budget.ts'
import { type ByteRun, ExtentSource } from '../extent-source.ts'
import { type Entry, kindAndMode } from '../entry.ts'
import type { ContainerFormat } from '../format.ts'
import { DECMPFS, decmpfsContent, readDecmpfs } from '../mac-metadata/decmpfs.ts'
import { plainContent } from '../plain.ts'
import type { ByteSource } from '../source.ts'
import { damaged } from '../stop.ts'
import {
  catalogAttributes,
  type CatalogItem,
  catalogItems,
  forkKey,
  overflowExtents,
} from './catalog.ts'
import { folderPaths } from './paths.ts'
import { type Extent, type Fork, type VolumeHeader, volumeHeader, wrappedVolume } from './volume.ts'

const CATALOG_FILE = 4
const ATTRIBUTES_FILE = 8
const ROOT = 2
/** The root, and folders of the file system's own. */
const SYSTEM_ITEMS = 16
const LINK_BYTES_MAX = 4_096
const ATTRIBUTE_BYTES_MAX = 1_048_576
const RESOURCE_BYTES_MAX = 268_435_456
const PRIVATE_FOLDER = '\0\0\0\0HFS+ Private Data'
const PRIVATE_LINKS = '.HFS+ Private Directory Data\r'
const RESOURCE_SUFFIX = '/..namedfork/rsrc'

/**
 * HFS+ and HFSX, also inside of an HFS wrapper. Hard links to files are resolved, files that the
 * file system compresses are unpacked, resource forks are members of their own.
 */
export const HFS_PLUS: ContainerFormat = {
  name: 'hfs_plus',
  recognise: (source) => volumeHeader(source) !== undefined || wrappedVolume(source) !== undefined,
  *entries(source, context) {
    const disk = volumeHeader(source) === undefined ? wrappedVolume(source) : source
    const header = disk && volumeHeader(disk)
    if (disk === undefined || header === undefined) throw damaged('There is no volume inside.')
    const volume = new Volume(disk, header, context.budget)
    context.fact('case_sensitive', header.isCaseSensitive)
    context.fact('volume_name', volume.name)
    yield* volume.entries()
  },
}

class Volume {
  readonly name: string
  readonly #disk: ByteSource
  readonly #header: VolumeHeader
  readonly #budget: Budget
  readonly #overflow: ReadonlyMap<string, readonly Extent[]>
  readonly #items: readonly CatalogItem[]
  readonly #isCut: boolean
  readonly #folders: ReadonlyMap<number, string>
  readonly #hidden = new Set<number>()
  readonly #attributes = new Map<number, Map<string, Uint8Array>>()
  /** Files that hard links stand for, by their number. */
  readonly #inodes = new Map<number, CatalogItem>()

  constructor(disk: ByteSource, header: VolumeHeader, budget: Budget) {
    this.#disk = disk
    this.#header = header
    this.#budget = budget
    this.#overflow = overflowExtents(this.#forkSource(header.extentsFile, []), budget)
    const catalog = this.#special(header.catalogFile, CATALOG_FILE)
    // Links and what they stand for are two items. More of them than may be given need no place.
    const itemsMax = budget.limits.itemsMax * 2 + SYSTEM_ITEMS
    this.#items = [...catalogItems(catalog, budget).take(itemsMax)]
    this.#isCut = this.#items.length === itemsMax
    this.name = this.#items.find(({ id }) => id === ROOT)?.name ?? ''
    this.#folders = folderPaths(this.#items, ROOT)
    for (const { id, kind, parent, name } of this.#items) {
      const isHidden = name === PRIVATE_FOLDER || name === PRIVATE_LINKS
      if (kind === 'folder' && parent === ROOT && isHidden) this.#hidden.add(id)
    }
    for (const item of this.#items) {
      const number = this.#hidden.has(item.parent) ? /^iNode(\d{1,10})$/.exec(item.name) : null
      if (number !== null) this.#inodes.set(Number(number[1]), item)
    }
    this.#readAttributes()
  }

  *entries(): Iterable<Entry> {
    const seen = new Map<number, string>()
    const placed = this.#items
      .filter(({ id, parent }) => id !== ROOT && !this.#hidden.has(id) && !this.#hidden.has(parent))
      .map((item) => ({ item, folder: this.#folders.get(item.parent) }))
      .map(({ item, folder }) => ({ item, path: folder ? `${folder}/${item.name}` : item.name }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    for (const { item, path } of placed) {
      const target = item.inode === undefined ? undefined : this.#inodes.get(item.inode)
      if (target === undefined) yield* this.#entriesOf(item, path)
      else {
        const first = seen.get(target.id)
        if (first !== undefined) yield { path, kind: 'hard_link', target: first }
        else yield* this.#entriesOf(target, path)
        seen.set(target.id, first ?? path)
      }
    }
    // What was left out is more than the limit allows, and says so by meeting it.
    if (this.#isCut) this.#budget.spendItems(this.#budget.limits.itemsMax + 1)
  }

  *#entriesOf(item: CatalogItem, path: string): Iterable<Entry> {
    const posix = kindAndMode(item.mode)
    const kind = item.kind === 'folder' ? 'folder' : posix.kind
    const attributes = this.#attributes.get(item.id)
    const facts = {
      path,
      mode: posix.mode,
      ownerId: item.ownerId,
      modifiedMs: item.modifiedMs,
      ...(attributes !== undefined && { attributes }),
    }
    const { data, resource } = item
    if (kind === 'symlink' && data !== undefined) {
      const source = this.#fork(data, 'data', item.id)
      const range = { offset: 0, length: source.length }
      const target = Buffer.from(plainContent(source, range, LINK_BYTES_MAX).bytes)
      yield { ...facts, kind, target: target.toString('utf8') }
    } else if (kind !== 'file' || data === undefined) yield { ...facts, kind }
    else {
      const packed = attributes?.get(DECMPFS)
      const compressed = packed && item.isCompressed ? readDecmpfs(packed) : undefined
      const size = compressed?.size ?? data.size
      yield { ...facts, kind, size, read: (bytesMax) => this.#content(item, bytesMax) }
      if (resource !== undefined && resource.size > 0 && compressed === undefined) {
        const fork = this.#fork(resource, 'resource', item.id)
        const range = { offset: 0, length: fork.length }
        const read = (bytesMax: number) => plainContent(fork, range, bytesMax)
        yield { path: path + RESOURCE_SUFFIX, kind, size: fork.length, read }
      }
    }
  }

  #content({ id, data, resource, isCompressed }: CatalogItem, bytesMax: number) {
    const packed = isCompressed ? this.#attributes.get(id)?.get(DECMPFS) : undefined
    const header = packed && readDecmpfs(packed)
    if (header !== undefined) {
      const fork = () => {
        const source = this.#fork(resource ?? { size: 0, extents: [] }, 'resource', id)
        const length = Math.min(source.length, RESOURCE_BYTES_MAX)
        return source.read(0, length)
      }
      return decmpfsContent(header, fork, bytesMax)
    }
    const source = this.#fork(data ?? { size: 0, extents: [] }, 'data', id)
    return plainContent(source, { offset: 0, length: source.length }, bytesMax)
  }

  #readAttributes(): void {
    const source = this.#special(this.#header.attributesFile, ATTRIBUTES_FILE)
    for (const { file, name, value } of catalogAttributes(source, this.#budget)) {
      const bytes = value instanceof Uint8Array ? value.slice() : this.#attributeBytes(value)
      this.#budget.spendBytes(bytes.length)
      const named = this.#attributes.get(file) ?? new Map<string, Uint8Array>()
      this.#attributes.set(file, named.set(name, bytes))
    }
  }

  #attributeBytes(fork: Fork): Uint8Array {
    const source = this.#forkSource(fork, [])
    return source.read(0, Math.min(source.length, ATTRIBUTE_BYTES_MAX))
  }

  #special(fork: Fork, id: number): ByteSource {
    return this.#fork(fork, 'data', id)
  }

  #fork(fork: Fork, type: 'data' | 'resource', id: number): ByteSource {
    return this.#forkSource(fork, this.#overflow.get(forkKey(type, id)) ?? [])
  }

  #forkSource({ size, extents }: Fork, more: readonly Extent[]): ByteSource {
    const { blockBytes } = this.#header
    const runs = [...extents, ...more].map<ByteRun>(({ block, blocks }) => ({
      from: block * blockBytes,
      length: blocks * blockBytes,
    }))
    return new ExtentSource(this.#disk, { size, runs }, this.#budget)
  }
}
