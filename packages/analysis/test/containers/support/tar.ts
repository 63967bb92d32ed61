/** An entry to write; kinds are those of tar. */
export interface TarEntry {
  readonly path: string
  readonly kind?: string
  readonly bytes?: Uint8Array
  readonly target?: string
  readonly mode?: number
  /** The size to state instead of the right one. */
  readonly size?: string
}

/** Writes a tar archive in the form ustar. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const bytes = entry.bytes ?? new Uint8Array()
    const header = Buffer.alloc(512)
    header.write(entry.path, 0, 100)
    header.write((entry.mode ?? 0o644).toString(8).padStart(7, '0'), 100)
    header.write('0000765', 108)
    header.write(entry.size ?? bytes.length.toString(8).padStart(11, '0'), 124)
    header.write((1_700_000_000).toString(8).padStart(11, '0'), 136)
    header.write('        ', 148)
    header.write(entry.kind ?? '0', 156)
    header.write(entry.target ?? '', 157, 100)
    header.write('ustar\u000000', 257)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1_024)])
}

/** Fields of a pax description. */
export function paxOf(fields: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(fields).map(([key, value]) => {
    const rest = Buffer.from(` ${key}=${value}\n`)
    let length = rest.length + 1
    while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length
    return Buffer.concat([Buffer.from(`${length}`), rest])
  })
  return Buffer.concat(lines)
}
