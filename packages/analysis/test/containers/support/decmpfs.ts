import { deflateSync } from 'node:zlib'

/** The attribute of a compressed file: header, and content where it is small. */
export function decmpfsOf(
  kind: number,
  size: number,
  inline: Uint8Array = new Uint8Array(),
): Buffer {
  const header = Buffer.alloc(16)
  header.writeUInt32LE(0x63_6d_70_66, 0)
  header.writeUInt32LE(kind, 4)
  header.writeBigUInt64LE(BigInt(size), 8)
  return Buffer.concat([header, inline])
}

/** The resource fork of kind 4: blocks of 64 KiB in zlib; the last one is stored as it is. */
export function zlibForkOf(plain: Uint8Array): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at < plain.length; at += 65_536) {
    const part = plain.subarray(at, at + 65_536)
    const isLast = at + 65_536 >= plain.length
    blocks.push(isLast ? Buffer.concat([Buffer.from([0xff]), part]) : deflateSync(part))
  }
  const table = Buffer.alloc(4 + blocks.length * 8)
  table.writeUInt32LE(blocks.length, 0)
  let at = table.length
  for (const [index, block] of blocks.entries()) {
    table.writeUInt32LE(at, 4 + index * 8)
    table.writeUInt32LE(block.length, 8 + index * 8)
    at += block.length
  }
  const header = Buffer.alloc(0x104)
  header.writeUInt32BE(0x100, 0)
  header.writeUInt32BE(at, 0x100)
  return Buffer.concat([header, table, ...blocks])
}
