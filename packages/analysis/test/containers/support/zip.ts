import { crc32, deflateRawSync } from 'node:zlib'

/** An entry to write, and where it lies about itself. */
export interface ZipEntry {
  readonly name: string
  readonly bytes?: Uint8Array
  /** POSIX mode with type. */
  readonly mode?: number
  readonly store?: boolean
  /** Already packed bytes and their method. */
  readonly packed?: { readonly bytes: Uint8Array; readonly method: number }
  readonly localName?: string
  readonly crc?: number
  readonly size?: number
  readonly flags?: number
  /** Leave it out of the directory. */
  readonly hidden?: boolean
}

/** Writes a ZIP archive as macOS writes it, or worse. */
export function zipOf(entries: readonly ZipEntry[], comment = ''): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const bytes = entry.bytes ?? new Uint8Array()
    const plain = entry.store === true ? { bytes, method: 0 } : undefined
    const { bytes: body, method } = entry.packed ??
      plain ?? { bytes: deflateRawSync(bytes), method: 8 }
    const fields = {
      method,
      flags: entry.flags ?? 0,
      crc: entry.crc ?? crc32(bytes),
      packedBytes: body.length,
      size: entry.size ?? bytes.length,
    }
    const local = localHeader(entry.localName ?? entry.name, fields)
    parts.push(local, Buffer.from(body))
    if (entry.hidden !== true) {
      directory.push(directoryHeader(entry.name, fields, { mode: entry.mode ?? 0o100_644, offset }))
    }
    offset += local.length + body.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06_05_4b_50, 0)
  end.writeUInt16LE(directory.length % 65_536, 8)
  end.writeUInt16LE(directory.length % 65_536, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(Buffer.byteLength(comment), 20)
  return Buffer.concat([...parts, central, end, Buffer.from(comment)])
}

interface Fields {
  readonly method: number
  readonly flags: number
  readonly crc: number
  readonly packedBytes: number
  readonly size: number
}

function localHeader(name: string, fields: Fields): Buffer {
  const nameBytes = Buffer.from(name)
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04_03_4b_50, 0)
  header.writeUInt16LE(20, 4)
  writeFields(header.subarray(6), fields)
  header.writeUInt16LE(nameBytes.length, 26)
  return Buffer.concat([header, nameBytes])
}

function directoryHeader(
  name: string,
  fields: Fields,
  { mode, offset }: { readonly mode: number; readonly offset: number },
): Buffer {
  const nameBytes = Buffer.from(name)
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02_01_4b_50, 0)
  header.writeUInt16LE((3 << 8) | 21, 4)
  header.writeUInt16LE(20, 6)
  writeFields(header.subarray(8), fields)
  header.writeUInt16LE(nameBytes.length, 28)
  header.writeUInt16LE(mode, 40)
  header.writeUInt32LE(offset, 42)
  return Buffer.concat([header, nameBytes])
}

function writeFields(target: Buffer, fields: Fields): void {
  target.writeUInt16LE(fields.flags, 0)
  target.writeUInt16LE(fields.method, 2)
  target.writeUInt32LE(fields.crc, 8)
  target.writeUInt32LE(fields.packedBytes, 12)
  target.writeUInt32LE(fields.size, 16)
}
