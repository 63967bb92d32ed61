import { inflateSync } from 'node:zlib'

/** An entry of a cpio archive as it was read. */
export interface CpioEntry {
  readonly name: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly bytes: Buffer
}

/** Reads a cpio archive in the odc form up to its trailer. */
export function readCpio(archive: Buffer): readonly CpioEntry[] {
  const entries: CpioEntry[] = []
  for (let at = 0; ;) {
    const field = (from: number, length: number): number =>
      Number.parseInt(archive.toString('latin1', at + from, at + from + length), 8)
    if (archive.toString('latin1', at, at + 6) !== '070707') throw new Error('No odc header.')
    const [nameBytes, size] = [field(59, 6), field(65, 11)]
    const name = archive.toString('utf8', at + 76, at + 76 + nameBytes - 1)
    if (name === 'TRAILER!!!') return entries
    const from = at + 76 + nameBytes
    const bytes = archive.subarray(from, from + size)
    const [mode, uid, gid, mtime] = [field(18, 6), field(24, 6), field(30, 6), field(48, 11)]
    entries.push({ name, mode, uid, gid, mtime, bytes })
    at = from + size
  }
}

/** Reads a xar archive: its table of contents, and each file by its path. */
export function readXar(archive: Buffer): { toc: string; files: Map<string, Buffer> } {
  if (archive.toString('latin1', 0, 4) !== 'xar!') throw new Error('No xar header.')
  const headerBytes = archive.readUInt16BE(4)
  const tocBytes = Number(archive.readBigUInt64BE(8))
  const toc = inflateSync(archive.subarray(headerBytes, headerBytes + tocBytes)).toString('utf8')
  const heap = archive.subarray(headerBytes + tocBytes)
  const files = new Map<string, Buffer>()
  const path: string[] = []
  for (const [token, name, length, offset] of toc.matchAll(
    /<file id="\d+"><name>([^<]*)<\/name>|<length>(\d+)<\/length><offset>(\d+)<\/offset>|<\/file>/g,
  )) {
    if (token === '</file>') path.pop()
    else if (name !== undefined) path.push(name)
    else files.set(path.join('/'), heap.subarray(Number(offset), Number(offset) + Number(length)))
  }
  return { toc, files }
}

/** A path of a bill of materials with its facts. */
export interface BomEntry {
  readonly path: string
  readonly type: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly size: number
  readonly checksum: number
}

/** Reads the `Paths` of a bill of materials. */
export function readBom(bom: Buffer): readonly BomEntry[] {
  if (bom.toString('latin1', 0, 8) !== 'BOMStore') throw new Error('No BOM header.')
  const indexAt = bom.readUInt32BE(16)
  const block = (number: number): Buffer => {
    const at = indexAt + 4 + number * 8
    const offset = bom.readUInt32BE(at)
    return bom.subarray(offset, offset + bom.readUInt32BE(at + 4))
  }
  const leaf = block(block(variables(bom).get('Paths') ?? 0).readUInt32BE(8))
  const paths = new Map<number, string>()
  return Array.from({ length: leaf.readUInt16BE(2) }, (_, index) => {
    const place = block(leaf.readUInt32BE(12 + index * 8))
    const named = block(leaf.readUInt32BE(16 + index * 8))
    const facts = block(place.readUInt32BE(4))
    const parent = paths.get(named.readUInt32BE(0))
    const name = named.toString('utf8', 4, named.length - 1)
    const path = parent === undefined ? name : `${parent}/${name}`
    paths.set(place.readUInt32BE(0), path)
    return {
      path,
      type: facts.readUInt8(0),
      mode: facts.readUInt16BE(4),
      uid: facts.readUInt32BE(6),
      gid: facts.readUInt32BE(10),
      mtime: facts.readUInt32BE(14),
      size: facts.readUInt32BE(18),
      checksum: facts.readUInt32BE(23),
    }
  })
}

function variables(bom: Buffer): Map<string, number> {
  let at = bom.readUInt32BE(24)
  const found = new Map<string, number>()
  const count = bom.readUInt32BE(at)
  at += 4
  for (let index = 0; index < count; index++) {
    const length = bom.readUInt8(at + 4)
    found.set(bom.toString('latin1', at + 5, at + 5 + length), bom.readUInt32BE(at))
    at += 5 + length
  }
  return found
}
