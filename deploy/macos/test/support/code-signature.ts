import { createHash } from 'node:crypto'

/** A code signature as it was read, and what does not fit the file. */
export interface ReadSignature {
  readonly identifier: string
  readonly flags: number
  readonly pages: number
  /** Numbers of the pages whose hash is another. */
  readonly pagesWrong: readonly number[]
  /** Special hashes by slot (1 Info.plist, 2 requirements, 3 resources), hex. */
  readonly special: ReadonlyMap<number, string>
  /** Where the code ends and the signature begins. */
  readonly codeLimit: number
  readonly cdhash: string
}

/** The thin files of a universal one, by their place in it. */
export function slicesOf(universal: Buffer): readonly Buffer[] {
  const count = universal.readUInt32BE(4)
  return Array.from({ length: count }, (_, index) => {
    const at = 8 + index * 20
    const [offset, size] = [universal.readUInt32BE(at + 8), universal.readUInt32BE(at + 12)]
    return universal.subarray(offset, offset + size)
  })
}

/** Reads the signature of a thin Mach-O by itself: it shares no code with what writes one. */
export function readSignature(thin: Buffer): ReadSignature {
  const commands = thin.readUInt32LE(16)
  let at = 32
  let blobAt = -1
  for (let index = 0; index < commands; index++) {
    if (thin.readUInt32LE(at) === 0x1d) blobAt = thin.readUInt32LE(at + 8)
    at += thin.readUInt32LE(at + 4)
  }
  if (blobAt === -1) throw new Error('There is no signature.')
  const blob = thin.subarray(blobAt)
  const directory = blobs(blob).get(0)
  if (directory === undefined) throw new Error('There is no code directory.')
  return { ...readDirectory(directory, thin), codeLimit: directory.readUInt32BE(32) }
}

function blobs(superblob: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let index = 0; index < superblob.readUInt32BE(8); index++) {
    const at = 12 + index * 8
    const inner = superblob.subarray(superblob.readUInt32BE(at + 4))
    found.set(superblob.readUInt32BE(at), inner.subarray(0, inner.readUInt32BE(4)))
  }
  return found
}

function readDirectory(directory: Buffer, thin: Buffer): Omit<ReadSignature, 'codeLimit'> {
  const hashesAt = directory.readUInt32BE(16)
  const identifierAt = directory.readUInt32BE(20)
  const specials = directory.readUInt32BE(24)
  const pages = directory.readUInt32BE(28)
  const limit = directory.readUInt32BE(32)
  const pageBytes = 2 ** directory.readUInt8(39)
  const hashAt = (slot: number): string =>
    directory.toString('hex', hashesAt + slot * 32, hashesAt + (slot + 1) * 32)
  const special = new Map<number, string>()
  for (let slot = 1; slot <= specials; slot++) special.set(slot, hashAt(-slot))
  const pagesWrong: number[] = []
  for (let page = 0; page < pages; page++) {
    const bytes = thin.subarray(page * pageBytes, Math.min(limit, (page + 1) * pageBytes))
    if (createHash('sha256').update(bytes).digest('hex') !== hashAt(page)) pagesWrong.push(page)
  }
  return {
    identifier: directory.toString('latin1', identifierAt, directory.indexOf(0, identifierAt)),
    flags: directory.readUInt32BE(12),
    pages,
    pagesWrong,
    special,
    cdhash: createHash('sha256').update(directory).digest('hex').slice(0, 40),
  }
}
