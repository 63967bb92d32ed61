/** A file or folder to write; parents come first. Ids count from 16 in this order. */
export interface ApfsItem {
  readonly path: string
  /** POSIX mode with type; files are the default. */
  readonly mode?: number
  readonly data?: Uint8Array
  /** Leave a hole of as many blocks before the data. */
  readonly holeBlocks?: number
  readonly attributes?: Readonly<Record<string, Uint8Array>>
  /** Set the flag of files that the file system compresses. */
  readonly compressed?: boolean
  /** The path of another item that this one is a further name of. */
  readonly sameAs?: string
}

const BLOCK = 4_096
const ROOT = 2
const TRANSACTION = 4
const VOLUME_ID = 1_026
const FIRST_NODE_ID = 1_100

const TYPE = { inode: 3n, attribute: 4n, extent: 8n, name: 9n }

interface TreeItem {
  readonly key: Buffer
  readonly value: Buffer
}

function key(id: number, type: bigint, rest: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(BigInt(id) | (type << 60n))
  return Buffer.concat([head, rest])
}

function u64(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8)
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), index * 8)
  return bytes
}

/** An object of one block: header, body, and the sum of both. */
function object({ id, type, subtype = 0 }: ObjectHeader, body: Buffer): Buffer {
  const block = Buffer.alloc(BLOCK)
  u64(id, TRANSACTION).copy(block, 8)
  block.writeUInt32LE(type, 24)
  block.writeUInt32LE(subtype, 28)
  body.copy(block, 32)
  let [low, high] = [0n, 0n]
  for (let at = 8; at < BLOCK; at += 4) {
    low = (low + BigInt(block.readUInt32LE(at))) % 0xff_ff_ff_ffn
    high = (high + low) % 0xff_ff_ff_ffn
  }
  const first = 0xff_ff_ff_ffn - ((low + high) % 0xff_ff_ff_ffn)
  block.writeUInt32LE(Number(first), 0)
  block.writeUInt32LE(Number(0xff_ff_ff_ffn - ((low + first) % 0xff_ff_ff_ffn)), 4)
  return block
}

interface ObjectHeader {
  readonly id: number
  readonly type: number
  readonly subtype?: number
}

interface NodeOptions extends ObjectHeader {
  readonly level: number
  readonly isRoot: boolean
  readonly isFixed: boolean
  /** Of the whole tree, in its root; by default there are no other nodes. */
  readonly all?: { readonly records: readonly TreeItem[]; readonly nodes: number }
}

/** A node of a tree with all its items. */
function node(items: readonly TreeItem[], options: NodeOptions): Buffer {
  const { level, isRoot, isFixed } = options
  const body = Buffer.alloc(BLOCK - 32)
  const flags = (isRoot ? 1 : 0) | (level === 0 ? 2 : 0) | (isFixed ? 4 : 0)
  body.writeUInt16LE(flags, 0)
  body.writeUInt16LE(level, 2)
  body.writeUInt32LE(items.length, 4)
  const tableBytes = items.length * (isFixed ? 4 : 8)
  body.writeUInt16LE(tableBytes, 10)
  const end = body.length - (isRoot ? 40 : 0)
  const keysAt = 24 + tableBytes
  let [keyAt, valueBack] = [0, 0]
  for (const [index, { key, value }] of items.entries()) {
    valueBack += value.length
    key.copy(body, keysAt + keyAt)
    value.copy(body, end - valueBack)
    const entry = isFixed ? [keyAt, valueBack] : [keyAt, key.length, valueBack, value.length]
    for (const [place, number] of entry.entries()) {
      body.writeUInt16LE(number, 24 + index * entry.length * 2 + place * 2)
    }
    keyAt += key.length
  }
  const free = end - valueBack - keysAt - keyAt
  if (free < 0) throw new Error('The items do not fit into a node.')
  body.writeUInt16LE(keyAt, 12)
  body.writeUInt16LE(free, 14)
  for (const at of [16, 20]) body.writeUInt16LE(0xff_ff, at)
  if (isRoot) {
    body.writeUInt32LE(isFixed ? 0x10 : 0, end)
    body.writeUInt32LE(BLOCK, end + 4)
    body.writeUInt32LE(isFixed ? 16 : 0, end + 8)
    body.writeUInt32LE(isFixed ? 16 : 0, end + 12)
    const { records, nodes } = options.all ?? { records: items, nodes: 1 }
    body.writeUInt32LE(Math.max(0, ...records.map((one) => one.key.length)), end + 16)
    body.writeUInt32LE(Math.max(0, ...records.map((one) => one.value.length)), end + 20)
    u64(records.length, nodes).copy(body, end + 24)
  }
  return object(options, body)
}

const OMAP = 0x40_00_00_0b
const TREE_PHYSICAL = 0x40_00_00_02

/** An object map and its tree, in two blocks. */
function objectMap(block: number, objects: ReadonlyMap<number, number>): Buffer[] {
  const body = Buffer.alloc(24)
  body.writeUInt32LE(TREE_PHYSICAL, 8)
  body.writeUInt32LE(TREE_PHYSICAL, 12)
  u64(block + 1).copy(body, 16)
  const items = [...objects].map(([id, at]) => {
    const value = Buffer.alloc(16)
    value.writeUInt32LE(BLOCK, 4)
    u64(at).copy(value, 8)
    return { key: u64(id, TRANSACTION), value }
  })
  const tree = { id: block + 1, type: TREE_PHYSICAL, subtype: 0x0b, level: 0 }
  return [
    object({ id: block, type: OMAP }, body),
    node(items, { ...tree, isRoot: true, isFixed: true }),
  ]
}

/**
 * Writes a container with one volume: superblock, its copy in the ring of checkpoints, two object
 * maps, a tree of files with a root and leaves, and the files.
 *
 * @param flags Of the volume; 1 says that it is not encrypted.
 */
export function apfsOf(items: readonly ApfsItem[], flags = 1): Buffer {
  const data: Buffer[] = []
  // Superblock, two of checkpoints, two maps of two blocks, volume, root, and eight leaves.
  const dataAt = 17
  const records = recordsOf(items, (bytes) => {
    const block = dataAt + data.length
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const part = Buffer.alloc(BLOCK)
      part.set(bytes.subarray(at, at + BLOCK))
      data.push(part)
    }
    return block
  })
  const leaves = inLeaves(records)
  const objects = new Map(leaves.map((_, index) => [FIRST_NODE_ID + 1 + index, 9 + index]))
  const rootItems = leaves.map((leaf, index) => ({
    key: leaf[0]?.key ?? Buffer.alloc(8),
    value: u64(FIRST_NODE_ID + 1 + index),
  }))
  const tree = { type: 2, subtype: 0x0e, isFixed: false }
  const blocks = [
    ...Array.from({ length: 3 }, () => superblock(dataAt + data.length)),
    ...objectMap(3, new Map([[VOLUME_ID, 5]])),
    volume(flags),
    ...objectMap(6, new Map([[FIRST_NODE_ID, 8], ...objects])),
    node(rootItems, {
      ...tree,
      id: FIRST_NODE_ID,
      level: 1,
      isRoot: true,
      all: { records, nodes: leaves.length + 1 },
    }),
    ...leaves.map((leaf, index) =>
      node(leaf, { ...tree, type: 3, id: FIRST_NODE_ID + 1 + index, level: 0, isRoot: false }),
    ),
  ]
  while (blocks.length < dataAt) blocks.push(Buffer.alloc(BLOCK))
  return Buffer.concat([...blocks, ...data])
}

function superblock(blocks: number): Buffer {
  const body = Buffer.alloc(BLOCK - 32)
  body.write('NXSB', 'latin1')
  body.writeUInt32LE(BLOCK, 4)
  u64(blocks).copy(body, 8)
  u64(2).copy(body, 32)
  body.fill(0x5a, 40, 56)
  u64(2_000, TRANSACTION + 1).copy(body, 56)
  body.writeUInt32LE(2, 72)
  u64(1).copy(body, 80)
  body.writeUInt32LE(2, 104)
  body.writeUInt32LE(2, 108)
  u64(3).copy(body, 128)
  body.writeUInt32LE(1, 148)
  u64(VOLUME_ID).copy(body, 152)
  return object({ id: 1, type: 0x80_00_00_01 }, body)
}

function volume(flags: number): Buffer {
  const body = Buffer.alloc(BLOCK - 32)
  body.write('APSB', 'latin1')
  u64(2).copy(body, 16)
  u64(1).copy(body, 24)
  body.writeUInt32LE(2, 84)
  u64(6, FIRST_NODE_ID).copy(body, 96)
  body.fill(0x6b, 208, 224)
  u64(flags).copy(body, 232)
  body.write('Install', 672, 'latin1')
  return object({ id: VOLUME_ID, type: 0x0d }, body)
}

function inLeaves(records: readonly TreeItem[]): TreeItem[][] {
  const leaves: TreeItem[][] = [[]]
  let room = BLOCK - 200
  for (const item of records) {
    const bytes = item.key.length + item.value.length + 8
    if (bytes > room) {
      leaves.push([])
      room = BLOCK - 200
    }
    room -= bytes
    leaves.at(-1)?.push(item)
  }
  return leaves
}

function recordsOf(items: readonly ApfsItem[], put: (bytes: Uint8Array) => number): TreeItem[] {
  const ids = new Map<string, number>([['', ROOT]])
  const records: TreeItem[] = []
  const add = (itemKey: Buffer, value: Buffer) => records.push({ key: itemKey, value })
  const named = (parent: number, id: number, { path, mode = 0o100_644 }: ApfsItem) => {
    const name = Buffer.from(`${path.replace(/^.*\//, '')}\0`)
    const length = Buffer.alloc(4)
    // The hash is not asked by readers that take all names; the length is.
    length.writeUInt32LE(name.length | 0x12_34_00)
    add(
      key(parent, TYPE.name, Buffer.concat([length, name])),
      Buffer.concat([u64(id, 0), Buffer.from([mode >> 12, 0])]),
    )
  }
  add(key(ROOT, TYPE.inode), inode({ parent: 1, id: ROOT }, { path: '', mode: 0o040_755 }))
  named(1, ROOT, { path: 'root', mode: 0o040_755 })
  for (const [index, item] of items.entries()) {
    const folder = item.path.includes('/') ? item.path.replace(/\/[^/]*$/, '') : ''
    const parent = ids.get(folder) ?? 99
    const id = ids.get(item.sameAs ?? '\0') ?? 16 + index
    ids.set(item.path, id)
    named(parent, id, item)
    if (item.sameAs !== undefined) continue
    add(key(id, TYPE.inode), inode({ parent, id }, item))
    const data = item.data ?? new Uint8Array()
    if (data.length > 0) {
      const blocks = Math.ceil(data.length / BLOCK)
      const offset = (item.holeBlocks ?? 0) * BLOCK
      if (offset > 0) add(key(id, TYPE.extent, u64(0)), u64(offset, 0, 0))
      add(key(id, TYPE.extent, u64(offset)), u64(blocks * BLOCK, put(data), 0))
    }
    for (const [name, value] of Object.entries(item.attributes ?? {})) {
      const nameBytes = Buffer.from(`${name}\0`)
      const head = Buffer.from([nameBytes.length, 0])
      const flags = Buffer.from([2, 0, value.length & 0xff, value.length >> 8])
      add(key(id, TYPE.attribute, Buffer.concat([head, nameBytes])), Buffer.concat([flags, value]))
    }
  }
  const order = ({ key: one }: TreeItem) => [
    one.readBigUInt64LE() & ((1n << 60n) - 1n),
    one.readBigUInt64LE() >> 60n,
  ]
  return records.toSorted((a, b) => {
    const [left, right] = [order(a), order(b)]
    const differs = left.findIndex((part, index) => part !== right[index])
    if (differs === -1) return Buffer.compare(a.key.subarray(8), b.key.subarray(8))
    return (left[differs] ?? 0n) < (right[differs] ?? 0n) ? -1 : 1
  })
}

function inode({ parent, id }: { parent: number; id: number }, item: ApfsItem): Buffer {
  const value = Buffer.alloc(92)
  u64(parent, id, 0, 1_700_000_000_000_000_000).copy(value)
  // Flags that say that a size before compression is there, and that there are holes.
  const plainBytes = item.attributes?.['com.apple.decmpfs']?.at(8)
  const hasPlainSize = plainBytes !== undefined
  const flags = (hasPlainSize ? 0x4_00_00 : 0) | (item.holeBlocks === undefined ? 0 : 0x2_00)
  value.writeUInt32LE(flags, 48)
  value.set(item.attributes?.['com.apple.decmpfs']?.subarray(8, 16) ?? [], 84)
  value.writeInt32LE(1, 56)
  value.writeUInt32LE(item.compressed === true ? 0x20 : 0, 68)
  value.writeUInt32LE(501, 72)
  value.writeUInt16LE(item.mode ?? 0o100_644, 80)
  if (item.data === undefined) return value
  const size = item.data.length + (item.holeBlocks ?? 0) * BLOCK
  const fields = Buffer.alloc(8)
  fields.writeUInt16LE(1, 0)
  fields.writeUInt16LE(40, 2)
  fields.writeUInt8(8, 4)
  fields.writeUInt8(0x20, 5)
  fields.writeUInt16LE(40, 6)
  return Buffer.concat([value, fields, u64(size, Math.ceil(size / BLOCK) * BLOCK, 0, 0, 0)])
}
