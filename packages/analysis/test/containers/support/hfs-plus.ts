/** A file or folder to write. Parents come first; ids count from 16 in this order. */
export interface HfsItem {
  readonly path: string
  readonly folder?: boolean
  /** POSIX mode with type. */
  readonly mode?: number
  readonly data?: Uint8Array
  readonly resource?: Uint8Array
  readonly attributes?: Readonly<Record<string, Uint8Array>>
  /** Set the flag of files that the file system compresses. */
  readonly compressed?: boolean
  /** Number of the file in the private folder that this hard link stands for. */
  readonly inode?: number
  /** Cut the data into pieces of one block with gaps between them, beyond eight as well. */
  readonly fragmented?: boolean
}

const BLOCK = 4_096
const NODE = 8_192
const ROOT = 2
const EPOCH_S = 2_082_844_800

/** An extent: first block and number of blocks. */
type Extent = readonly [number, number]

class Disk {
  readonly blocks: Buffer[] = []
  #next = 1

  put(bytes: Uint8Array, fragmented = false): readonly Extent[] {
    const count = Math.ceil(bytes.length / BLOCK)
    const extents: Extent[] = []
    for (let index = 0; index < count; index++) {
      if (fragmented) this.#next += 1
      const block = Buffer.alloc(BLOCK)
      block.set(bytes.subarray(index * BLOCK, (index + 1) * BLOCK))
      this.blocks[this.#next] = block
      if (fragmented || extents.length === 0) extents.push([this.#next, 1])
      else extents.splice(-1, 1, [extents[0]?.[0] ?? 0, index + 1])
      this.#next += 1
    }
    return extents
  }

  toBuffer(): Buffer {
    const blocks = Array.from({ length: this.#next + 1 }, (_, at) => this.blocks[at])
    return Buffer.concat(blocks.map((block) => block ?? Buffer.alloc(BLOCK)))
  }
}

function utf16(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf16le').swap16()
  const length = Buffer.alloc(2)
  length.writeUInt16BE(text.length)
  return Buffer.concat([length, bytes])
}

function fork(size: number, extents: readonly Extent[]): Buffer {
  const bytes = Buffer.alloc(80)
  bytes.writeBigUInt64BE(BigInt(size))
  bytes.writeUInt32BE(
    extents.reduce((sum, [, count]) => sum + count, 0),
    12,
  )
  extentList(extents.slice(0, 8)).copy(bytes, 16)
  return bytes
}

function extentList(extents: readonly Extent[]): Buffer {
  const bytes = Buffer.alloc(64)
  for (const [index, [block, count]] of extents.entries()) {
    bytes.writeUInt32BE(block, index * 8)
    bytes.writeUInt32BE(count, index * 8 + 4)
  }
  return bytes
}

function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4)
  return bytes
}

/** A record with its key. */
function record(key: Buffer, data: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(key.length)
  return Buffer.concat([length, key, Buffer.alloc(key.length % 2), data])
}

/** A tree with as many leaves as the records need; its index is left out, as no reader asks it. */
function tree(records: readonly Buffer[]): Buffer {
  const leaves: Buffer[][] = [[]]
  let room = NODE - 64
  for (const one of records) {
    if (one.length + 2 > room) {
      leaves.push([])
      room = NODE - 64
    }
    room -= one.length + 2
    leaves.at(-1)?.push(one)
  }
  const header = Buffer.alloc(NODE)
  header.writeUInt8(1, 8)
  header.writeUInt16BE(3, 10)
  header.writeUInt16BE(1, 14)
  header.writeUInt32BE(records.length === 0 ? 0 : 1, 16)
  header.writeUInt32BE(records.length, 20)
  header.writeUInt32BE(records.length === 0 ? 0 : 1, 24)
  header.writeUInt32BE(leaves.length, 28)
  header.writeUInt16BE(NODE, 32)
  header.writeUInt16BE(516, 34)
  header.writeUInt32BE(leaves.length + 1, 36)
  const nodes = leaves.map((list, index) => {
    const node = Buffer.alloc(NODE)
    node.writeUInt32BE(index + 1 < leaves.length ? index + 2 : 0, 0)
    node.writeUInt8(0xff, 8)
    node.writeUInt8(1, 9)
    node.writeUInt16BE(list.length, 10)
    let at = 14
    for (const [place, one] of list.entries()) {
      node.writeUInt16BE(at, NODE - 2 * (place + 1))
      one.copy(node, at)
      at += one.length
    }
    node.writeUInt16BE(at, NODE - 2 * (list.length + 1))
    return node
  })
  return Buffer.concat([header, ...nodes])
}

/** Writes an HFS+ volume. */
export function hfsPlusOf(items: readonly HfsItem[], name = 'Volume'): Buffer {
  const disk = new Disk()
  const ids = new Map<string, number>([['', ROOT]])
  const rootKey = Buffer.concat([u32(1), utf16(name)])
  const catalog = [record(rootKey, folderData(ROOT, 0o040_755))]
  const extents: Buffer[] = []
  const attributes: Buffer[] = []
  for (const [index, item] of items.entries()) {
    const id = 16 + index
    ids.set(item.path, id)
    const parent = item.path.includes('/') ? item.path.replace(/\/[^/]*$/, '') : ''
    const key = Buffer.concat([u32(ids.get(parent) ?? 99), utf16(item.path.replace(/^.*\//, ''))])
    if (item.folder === true) {
      catalog.push(record(key, folderData(id, item.mode ?? 0o040_755)))
      continue
    }
    const data = item.data ?? new Uint8Array()
    const placed = disk.put(data, item.fragmented)
    for (let at = 8; at < placed.length; at += 8) {
      const extentKey = Buffer.concat([Buffer.alloc(2), u32(id, at)])
      extents.push(record(extentKey, extentList(placed.slice(at, at + 8))))
    }
    const resource = item.resource ?? new Uint8Array()
    const forks = [fork(data.length, placed), fork(resource.length, disk.put(resource))]
    catalog.push(record(key, Buffer.concat([fileData(id, item), ...forks])))
    for (const [attribute, value] of Object.entries(item.attributes ?? {})) {
      const attributeKey = Buffer.concat([Buffer.alloc(2), u32(id, 0), utf16(attribute)])
      const padding = Buffer.alloc(value.length % 2)
      const inline = Buffer.concat([u32(0x10, 0, 0, value.length), value, padding])
      attributes.push(record(attributeKey, inline))
    }
  }
  const header = Buffer.alloc(512)
  header.write('H+', 'latin1')
  header.writeUInt16BE(4, 2)
  header.writeUInt32BE(items.filter(({ folder }) => folder !== true).length, 32)
  header.writeUInt32BE(BLOCK, 40)
  for (const [at, records] of [
    [192, extents],
    [272, catalog],
    [352, attributes],
  ] as const) {
    const bytes = tree(records)
    fork(bytes.length, disk.put(bytes)).copy(header, at)
  }
  const volume = disk.toBuffer()
  header.writeUInt32BE(volume.length / BLOCK, 44)
  header.copy(volume, 1_024)
  header.copy(volume, volume.length - 1_024)
  return volume
}

function folderData(id: number, mode: number): Buffer {
  const data = Buffer.alloc(88)
  data.writeUInt16BE(1, 0)
  data.writeUInt32BE(id, 8)
  data.writeUInt32BE(EPOCH_S, 16)
  data.writeUInt16BE(mode, 42)
  return data
}

function fileData(id: number, { mode, compressed, inode }: HfsItem): Buffer {
  const data = Buffer.alloc(88)
  data.writeUInt16BE(2, 0)
  data.writeUInt32BE(id, 8)
  data.writeUInt32BE(EPOCH_S, 16)
  data.writeUInt32BE(501, 32)
  data.writeUInt8(compressed === true ? 0x20 : 0, 41)
  data.writeUInt16BE(mode ?? 0o100_644, 42)
  if (inode !== undefined) {
    data.writeUInt32BE(inode, 44)
    data.write('hlnkhfs+', 48, 'latin1')
  }
  return data
}
