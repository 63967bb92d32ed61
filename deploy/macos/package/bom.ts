import { ByteWriter } from '../byte-writer.ts'
import { statMode, type TreeEntry } from '../tree.ts'
import { posixChecksum } from './checksum.ts'

const HEADER_BYTES = 512
const TREE_PAGE_BYTES = 4_096
const VALUE_PAGE_BYTES = 128
const LEAF_PATHS_MAX = 256
const TYPE_FILE = 1
const TYPE_FOLDER = 2
/** What Apple's own bills say here for code of several processors; its meaning is unpublished. */
const ARCHITECTURE = 3

/**
 * Writes the bill of materials of a package: what the installer puts where, with owner, mode, size
 * and checksum. A store of numbered blocks with named entry points, all big-endian:
 *
 * ```
 * header       "BOMStore", version 1, blocks, index offset, index length, vars offset, vars length
 * vars         count, count × { block (4), name length (1), name }
 * blocks
 * index        count, count × { offset, length } (number 0 is empty); free list: 0, two empty ones
 *
 * BomInfo      version 1, paths + 1, 1, four zeros
 * Paths        "tree", 1, block of the leaf, page size, paths, 0
 *   leaf       1 (2), paths (2), forward, backward, paths × { block of a place, block of a name }
 *   place      id, block of the facts
 *   facts      type (1), 1 (1), architecture (2), mode (2), uid, gid, mtime, size, 1 (1),
 *              checksum, 0
 *   name       id of the parent, name with NUL
 * HLIndex, VIndex, Size64   empty trees: no hard links, no file beyond 4 GiB
 * ```
 *
 * The layout is known from what others found by looking at such files; Apple publishes none.
 *
 * @param entries Parents before what is in them.
 * @param seconds Modification time of all entries, in seconds since 1970.
 * @throws Error for more paths than one leaf holds, or an entry without its folder.
 */
export function billOfMaterials(entries: readonly TreeEntry[], seconds: number): Buffer {
  const root: TreeEntry = { kind: 'folder', path: '', mode: 0o755, group: 0 }
  const places = placesOf([root, ...entries])
  if (places.length > LEAF_PATHS_MAX) throw new Error('The package has too many files.')
  const blocks = new Blocks()
  const info = new ByteWriter()
    .u32(1)
    .u32(places.length + 1)
    .u32(1)
    .u32(0)
    .u32(0)
    .u32(0)
    .u32(0)
  const vars = [{ name: 'BomInfo', block: blocks.add(info) }]
  const leaf = new ByteWriter().u16(1).u16(places.length).u32(0).u32(0)
  for (const place of places) {
    const facts = blocks.add(factsOf(place.entry, seconds))
    leaf.u32(blocks.add(new ByteWriter().u32(place.id).u32(facts)))
    const name = Buffer.from(`${place.name}\0`)
    leaf.u32(blocks.add(new ByteWriter().u32(place.parent).bytes(name)))
  }
  const paths = { child: blocks.add(leaf), pageBytes: TREE_PAGE_BYTES, paths: places.length }
  vars.push({ name: 'Paths', block: blocks.add(treeOf(paths)) })
  vars.push({ name: 'HLIndex', block: blocks.add(emptyTree(blocks, TREE_PAGE_BYTES)) })
  const values = blocks.add(emptyTree(blocks, VALUE_PAGE_BYTES))
  vars.push({ name: 'VIndex', block: blocks.add(new ByteWriter().u32(1).u32(values).u32(0).u8(0)) })
  vars.push({ name: 'Size64', block: blocks.add(emptyTree(blocks, TREE_PAGE_BYTES)) })
  return store(blocks, vars)
}

interface Place {
  readonly id: number
  readonly parent: number
  readonly name: string
  readonly entry: TreeEntry
}

/** Ids from 1 in breadth, names in order under each parent, as the tree is sorted. */
function placesOf(entries: readonly TreeEntry[]): readonly Place[] {
  const children = new Map<string, TreeEntry[]>()
  for (const entry of entries) {
    if (entry.path === '') continue
    const parent = entry.path.includes('/') ? entry.path.replace(/\/[^/]*$/, '') : ''
    children.set(parent, [...(children.get(parent) ?? []), entry])
  }
  const [root] = entries
  if (root === undefined) return []
  const places: Place[] = [{ id: 1, parent: 0, name: '.', entry: root }]
  for (let index = 0; index < places.length; index++) {
    const parent = places[index]
    if (parent === undefined) break
    const inside = children.get(parent.entry.path) ?? []
    for (const entry of inside.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      const name = entry.path.replace(/^.*\//, '')
      places.push({ id: places.length + 1, parent: parent.id, name, entry })
    }
  }
  if (places.length !== entries.length) throw new Error('An entry lacks the folder it is in.')
  return places
}

function factsOf(entry: TreeEntry, seconds: number): ByteWriter {
  const bytes = entry.kind === 'file' ? entry.bytes : undefined
  return new ByteWriter()
    .u8(bytes === undefined ? TYPE_FOLDER : TYPE_FILE)
    .u8(1)
    .u16(ARCHITECTURE)
    .u16(statMode(entry))
    .u32(0)
    .u32(entry.group)
    .u32(seconds)
    .u32(bytes?.length ?? 0)
    .u8(1)
    .u32(bytes === undefined ? 0 : posixChecksum(bytes))
    .u32(0)
}

interface TreeFields {
  readonly child: number
  readonly pageBytes: number
  readonly paths: number
}

function treeOf({ child, pageBytes, paths }: TreeFields): ByteWriter {
  return new ByteWriter().ascii('tree').u32(1).u32(child).u32(pageBytes).u32(paths).u8(0)
}

function emptyTree(blocks: Blocks, pageBytes: number): ByteWriter {
  const child = blocks.add(new ByteWriter().u16(1).u16(0).u32(0).u32(0))
  return treeOf({ child, pageBytes, paths: 0 })
}

/** The numbered blocks of a store; number 0 is the empty one. */
class Blocks {
  readonly #blocks: Buffer[] = []

  /** @returns The number of the block. */
  add(block: ByteWriter): number {
    return this.#blocks.push(block.toBuffer())
  }

  all(): readonly Buffer[] {
    return this.#blocks
  }
}

interface Variable {
  readonly name: string
  readonly block: number
}

function store(blocks: Blocks, variables: readonly Variable[]): Buffer {
  const vars = new ByteWriter().u32(variables.length)
  for (const { name, block } of variables) vars.u32(block).u8(name.length).ascii(name)
  const index = new ByteWriter()
    .u32(blocks.all().length + 1)
    .u32(0)
    .u32(0)
  let offset = HEADER_BYTES + vars.length
  for (const block of blocks.all()) {
    index.u32(offset).u32(block.length)
    offset += block.length
  }
  index.u32(0).u32(0).u32(0).u32(0).u32(0)
  const writer = new ByteWriter()
    .ascii('BOMStore')
    .u32(1)
    .u32(blocks.all().length)
    .u32(offset)
    .u32(index.length)
    .u32(HEADER_BYTES)
    .u32(vars.length)
    .padTo(HEADER_BYTES)
    .bytes(vars.toBuffer())
  for (const block of blocks.all()) writer.bytes(block)
  return writer.bytes(index.toBuffer()).toBuffer()
}
