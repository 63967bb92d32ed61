import { deflateSync } from 'node:zlib'

/** An entry of the archive; kinds are PyInstaller's. */
export interface PyInstallerEntry {
  readonly name: string
  readonly kind: string
  readonly bytes: Uint8Array
  readonly packed?: boolean
}

/** Writes a starter with an archive behind it, and what else follows, such as a signature. */
export function pyInstallerOf(
  entries: readonly PyInstallerEntry[],
  after = Buffer.alloc(0),
): Buffer {
  const starter = Buffer.alloc(64, 'starter ')
  starter.writeUInt32BE(0xcf_fa_ed_fe, 0)
  const contents = entries.map(({ bytes, packed }) =>
    packed === true ? deflateSync(bytes) : bytes,
  )
  let offset = 0
  const table = entries.map(({ name, kind, bytes, packed }, index) => {
    const length = contents[index]?.length ?? 0
    const row = Buffer.alloc((18 + name.length + 1 + 15) & ~15)
    for (const [place, value] of [row.length, offset, length, bytes.length].entries()) {
      row.writeUInt32BE(value, place * 4)
    }
    row.writeUInt8(packed === true ? 1 : 0, 16)
    row.write(kind + name, 17, 'latin1')
    offset += length
    return row
  })
  const tableBytes = table.reduce((sum, row) => sum + row.length, 0)
  const cookie = Buffer.alloc(88)
  cookie.write('MEI\x0c\x0b\x0a\x0b\x0e', 'latin1')
  for (const [place, value] of [offset + tableBytes + 88, offset, tableBytes, 311].entries()) {
    cookie.writeUInt32BE(value, 8 + place * 4)
  }
  return Buffer.concat([starter, ...contents, ...table, cookie, after])
}

/** Writes the archive of modules: name and code. */
export function pyzOf(modules: Readonly<Record<string, string>>): Buffer {
  const header = Buffer.alloc(17)
  header.write('PYZ\0', 'latin1')
  const contents: Buffer[] = []
  let offset = header.length
  const rows = Object.entries(modules).map(([name, code]) => {
    const content = deflateSync(code)
    const row = Buffer.alloc(0)
    const place = [0, offset, content.length].map(int)
    contents.push(content)
    offset += content.length
    const text = Buffer.concat([Buffer.from([0xda, name.length]), Buffer.from(name)])
    return Buffer.concat([row, Buffer.from([0xa9, 2]), text, Buffer.from([0x29, 3]), ...place])
  })
  header.writeUInt32BE(offset, 8)
  const count = Buffer.alloc(5)
  count.write('[')
  count.writeUInt32LE(rows.length, 1)
  return Buffer.concat([header, ...contents, count, ...rows])
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.write('i')
  bytes.writeInt32LE(value, 1)
  return bytes
}
