import { createHash } from 'node:crypto'
import { ByteView } from '../../bytes/view.ts'
import { unpackBzip2 } from '../../compression/bzip2.ts'
import type { Decoded } from '../../compression/decoded.ts'
import { unpackLzmaAlone, unpackXz } from '../../compression/xz.ts'
import { unpackZlib } from '../../compression/zlib.ts'
import type { Content, Entry, EntryKind } from '../entry.ts'
import type { ContainerFormat, ReadContext } from '../format.ts'
import { plainContent } from '../plain.ts'
import { type ByteSource, headOf, peek } from '../source.ts'
import { damaged, unsupported } from '../stop.ts'
import { packageFacts } from './package.ts'
import { type HeapData, readToc, type Toc, type TocFile } from './toc.ts'

const MAGIC = 'xar!'
const HEADER_BYTES = 28
const TOC_BYTES_MAX = 16_777_216
const ATTRIBUTE_BYTES_MAX = 1_048_576
const DIGESTS: ReadonlySet<string> = new Set(['md5', 'sha1', 'sha256', 'sha512'])
const TICKET_TRAILER = 't8lr'
const TICKET_TRAILER_BYTES = 16

const KINDS: Readonly<Record<string, EntryKind>> = {
  directory: 'folder',
  file: 'file',
  hardlink: 'hard_link',
  symlink: 'symlink',
}

const ENCODINGS: Readonly<Record<string, (packed: Uint8Array, bytesMax: number) => Decoded>> = {
  // What xar calls gzip is a zlib stream.
  'application/x-bzip2': unpackBzip2,
  'application/x-gzip': unpackZlib,
  'application/x-lzma': unpackLzmaAlone,
  'application/x-xz': unpackXz,
}

/**
 * XAR, the outer form of installer packages and of what Apple signs for download.
 *
 * ```
 * magic "xar!", header bytes (2), version (2), table bytes (8), table bytes unpacked (8),
 * checksum kind (4); table of contents, XML in zlib; heap
 * ```
 *
 * What installs and runs comes before what is installed, so that no limit cuts the scripts off.
 */
export const XAR: ContainerFormat = {
  name: 'xar',
  recognise: (source) => new ByteView(headOf(source, HEADER_BYTES)).startsWith(MAGIC),
  *entries(source, context) {
    const header = new ByteView(headOf(source, HEADER_BYTES), 'big')
    const headerBytes = header.u16(4)
    const packedBytes = header.size64(8)
    const packed = source.read(headerBytes, packedBytes)
    const { bytes, problem } = unpackZlib(packed, TOC_BYTES_MAX)
    if (problem !== undefined) throw damaged(`The table of contents is ${problem}.`)
    const toc = readToc(Buffer.from(bytes).toString('utf8'), context.budget)
    const heapAt = headerBytes + packedBytes
    tell(source, { toc, packed, heapAt }, context)
    for (const file of toc.files.toSorted((a, b) => rankOf(a) - rankOf(b))) {
      const entry = entryOf(source, { file, heapAt }, context)
      packageFacts(entry, context)
      yield entry
    }
  },
}

/** Rank 0 says what happens, rank 2 is installed. Folders stay before what is in them. */
function rankOf({ path, type }: TocFile): number {
  if (/(^|\/)(Distribution|PackageInfo|Scripts)$/.test(path) || type === 'directory') return 0
  return /(^|\/)Payload$/.test(path) ? 2 : 1
}

interface Table {
  readonly toc: Toc
  readonly packed: Uint8Array
  readonly heapAt: number
}

function tell(source: ByteSource, { toc, packed, heapAt }: Table, context: ReadContext): void {
  context.fact('signed', toc.signatures.length > 0)
  if (toc.signatures.length > 0) context.fact('signatures', toc.signatures.join(', '))
  const trailer = peek(source, {
    offset: source.length - TICKET_TRAILER_BYTES,
    length: TICKET_TRAILER_BYTES,
  })
  if (new ByteView(trailer).startsWith(TICKET_TRAILER)) context.fact('stapled_ticket', true)
  if (toc.checksum === undefined || !DIGESTS.has(toc.checksum.style.toLowerCase())) return
  const { style, offset, size } = toc.checksum
  const digest = createHash(style.toLowerCase()).update(packed).digest()
  if (digest.equals(peek(source, { offset: heapAt + offset, length: size }))) return
  const detail = `The ${style} of the table of contents is another one.`
  context.note({ code: 'checksum_mismatch', detail })
}

interface Listed {
  readonly file: TocFile
  readonly heapAt: number
}

function entryOf(source: ByteSource, { file, heapAt }: Listed, context: ReadContext): Entry {
  const { data } = file
  const kind = KINDS[file.type] ?? 'device'
  const attributes = attributesOf(source, { file, heapAt }, context)
  return {
    path: file.path,
    kind,
    ...(file.mode !== undefined && { mode: file.mode }),
    ...(file.ownerId !== undefined && { ownerId: file.ownerId }),
    ...(file.modifiedMs !== undefined && { modifiedMs: file.modifiedMs }),
    ...(kind === 'symlink' && file.target !== undefined && { target: file.target }),
    ...(attributes.size > 0 && { attributes }),
    ...(data !== undefined &&
      kind === 'file' && {
        size: data.size,
        packedBytes: data.packedBytes,
        read: (bytesMax: number) => contentOf(source, { data, heapAt }, bytesMax),
      }),
    ...(data === undefined && kind === 'file' && { size: 0 }),
  }
}

function attributesOf(
  source: ByteSource,
  { file, heapAt }: Listed,
  { budget }: ReadContext,
): Map<string, Uint8Array> {
  const attributes = new Map<string, Uint8Array>()
  for (const { name, data } of file.attributes) {
    const { bytes, problem } = contentOf(source, { data, heapAt }, ATTRIBUTE_BYTES_MAX)
    budget.spendBytes(bytes.length)
    if (problem === undefined) attributes.set(name, bytes)
  }
  return attributes
}

interface Placed {
  readonly data: HeapData
  readonly heapAt: number
}

function contentOf(source: ByteSource, { data, heapAt }: Placed, bytesMax: number): Content {
  const { packedBytes, encoding, checksum } = data
  const range = { offset: heapAt + data.offset, length: packedBytes }
  const content = unpacked(source, { range, encoding, bytesMax })
  if (content.problem !== undefined || checksum === undefined) return content
  const { style, value } = checksum
  if (!DIGESTS.has(style)) return content
  const digest = createHash(style).update(content.bytes).digest('hex')
  return digest === value ? content : { bytes: content.bytes, problem: 'checksum' }
}

interface Packed {
  readonly range: { readonly offset: number; readonly length: number }
  readonly encoding: string
  readonly bytesMax: number
}

function unpacked(source: ByteSource, { range, encoding, bytesMax }: Packed): Content {
  if (encoding === '' || encoding === 'application/octet-stream') {
    return plainContent(source, range, bytesMax)
  }
  const unpackEncoded = ENCODINGS[encoding]
  if (unpackEncoded === undefined) throw unsupported(`The encoding ${encoding} is not read.`)
  const { bytes, problem } = unpackEncoded(peek(source, range), bytesMax)
  return problem === undefined ? { bytes } : { bytes, problem }
}
