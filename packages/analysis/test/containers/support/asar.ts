import { createHash } from 'node:crypto'

/** A file to write; paths may have folders. */
export interface AsarFile {
  readonly path: string
  readonly text?: string
  readonly link?: string
  readonly executable?: boolean
  readonly unpacked?: boolean
  /** The hash to state instead of the right one. */
  readonly hash?: string
}

/** Writes an archive of Electron; its header is given beside it, for the promise of a bundle. */
export function asarOf(files: readonly AsarFile[]): { bytes: Buffer; headerSha256: string } {
  const content: Buffer[] = []
  let offset = 0
  interface Folder {
    files: Record<string, unknown>
  }
  const root: Folder = { files: {} }
  for (const { path, text = '', link, executable, unpacked, hash } of files) {
    const parts = path.split('/')
    const name = parts.pop() ?? ''
    let folder = root
    for (const part of parts) {
      folder.files[part] ??= { files: {} }
      folder = folder.files[part] as Folder // Made one line above, or by an earlier path.
    }
    const bytes = Buffer.from(text)
    const digest = hash ?? createHash('sha256').update(bytes).digest('hex')
    const file = { size: bytes.length, offset: `${offset}`, executable, unpacked }
    const integrity = { algorithm: 'SHA256', hash: digest, blockSize: 4_194_304, blocks: [digest] }
    folder.files[name] = link === undefined ? { ...file, integrity } : { link }
    if (unpacked === true || link !== undefined) continue
    content.push(bytes)
    offset += bytes.length
  }
  const json = Buffer.from(JSON.stringify(root))
  const padding = Buffer.alloc((4 - (json.length % 4)) % 4)
  const prefix = Buffer.alloc(16)
  const textBytes = json.length + padding.length
  for (const [index, value] of [4, textBytes + 8, textBytes + 4, json.length].entries()) {
    prefix.writeUInt32LE(value, index * 4)
  }
  const bytes = Buffer.concat([prefix, json, padding, ...content])
  return { bytes, headerSha256: createHash('sha256').update(json).digest('hex') }
}
