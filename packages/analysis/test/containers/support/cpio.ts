/** An entry to write: its path, its POSIX mode with type, and its content or target. */
export interface CpioEntry {
  readonly path: string
  readonly mode?: number
  readonly bytes?: Uint8Array
}

/** Writes a cpio archive in one of its text forms. */
export function cpioOf(entries: readonly CpioEntry[], form: 'newc' | 'odc' = 'odc'): Buffer {
  const all = [...entries, { path: 'TRAILER!!!', mode: 0 }]
  return Buffer.concat(all.flatMap((entry) => (form === 'odc' ? odc(entry) : newc(entry))))
}

function odc({ path, mode = 0o100_755, bytes = new Uint8Array() }: CpioEntry): Uint8Array[] {
  const name = Buffer.from(`${path}\0`)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  const short = [0, 7, mode, 501, 20, 1, 0].map((value) => octal(value, 6)).join('')
  const sizes = octal(1_700_000_000, 11) + octal(name.length, 6) + octal(bytes.length, 11)
  return [Buffer.from(`070707${short}${sizes}`), name, bytes]
}

function newc({ path, mode = 0o100_755, bytes = new Uint8Array() }: CpioEntry): Uint8Array[] {
  const name = Buffer.from(`${path}\0`)
  const fields = [7, mode, 501, 20, 1, 1_700_000_000, bytes.length, 0, 0, 0, 0, name.length, 0]
  const header = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`
  const pad = (length: number) => Buffer.alloc((4 - (length % 4)) % 4)
  return [Buffer.from(header), name, pad(110 + name.length), bytes, pad(bytes.length)]
}
