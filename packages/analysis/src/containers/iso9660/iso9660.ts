import { ByteView } from '../../bytes/view.ts'
import type { Entry } from '../entry.ts'
import { kindAndMode } from '../entry.ts'
import type { ContainerFormat, ReadContext } from '../format.ts'
import { partitionsOf } from '../partitions/partitions.ts'
import { plainContent } from '../plain.ts'
import { type ByteSource, partOf, peek } from '../source.ts'
import { damaged } from '../stop.ts'
import { rockRidge } from './rock-ridge.ts'

const SECTOR_BYTES = 2_048
const FIRST_DESCRIPTOR = 16
const DESCRIPTORS_MAX = 64
const KIND_PRIMARY = 1
const KIND_SUPPLEMENTARY = 2
const KIND_END = 255
const FLAG_FOLDER = 2
const FLAG_CONTINUES = 0x80
const RECORD_BYTES = 33
const FOLDER_BYTES_MAX = 16_777_216
const DEPTH_MAX = 64

/** A tree of folders that a descriptor leads to. */
interface Tree {
  readonly isJoliet: boolean
  readonly root: ByteView
}

/**
 * ISO 9660 with Joliet names, or Rock Ridge names, modes and links where there are such. Volumes of
 * Apple that share the disc, as in hybrid images, are members as well.
 */
export const ISO9660: ContainerFormat = {
  name: 'iso9660',
  recognise: (source) => descriptorsOf(source).next().done !== true,
  *entries(source, context) {
    const trees: Tree[] = []
    for (const descriptor of descriptorsOf(source)) {
      const kind = descriptor.u8(0)
      const root = descriptor.slice(156, 34)
      if (kind === KIND_PRIMARY) {
        context.fact('volume_name', descriptor.latin1(40, 32).trim())
        trees.push({ isJoliet: false, root })
      }
      const escape = descriptor.latin1(88, 3)
      if (kind === KIND_SUPPLEMENTARY && /^%\/[@CE]$/.test(escape)) {
        trees.push({ isJoliet: true, root })
      }
    }
    const disc = new Disc(source, context)
    const [first] = trees
    if (first === undefined) throw damaged('The disc has no primary descriptor.')
    // Rock Ridge says more than Joliet, and plain names say least.
    const isRockRidge = !first.isJoliet && disc.hasRockRidge(first.root)
    const tree = isRockRidge ? first : (trees.find(({ isJoliet }) => isJoliet) ?? first)
    yield* disc.entries(tree)
    yield* appleVolumes(source)
  },
}

function* descriptorsOf(source: ByteSource): Generator<ByteView> {
  for (let index = 0; index < DESCRIPTORS_MAX; index++) {
    const offset = (FIRST_DESCRIPTOR + index) * SECTOR_BYTES
    const descriptor = new ByteView(peek(source, { offset, length: SECTOR_BYTES }))
    if (descriptor.length < SECTOR_BYTES || !descriptor.startsWith('CD001', 1)) return
    if (descriptor.u8(0) === KIND_END) return
    yield descriptor
  }
}

function* appleVolumes(source: ByteSource): Iterable<Entry> {
  for (const { name, type, offset, length } of partitionsOf(source)) {
    if (!/hfs|apfs|^48465300|^7C3457EF/i.test(type)) continue
    const part = partOf(source, { offset, length })
    const path = `[${name.replaceAll('/', ':') || type}]`
    yield { path, kind: 'file', size: part.length, packedBytes: part.length, open: () => part }
  }
}

interface Folder {
  readonly path: string
  readonly depth: number
}

class Disc {
  readonly #source: ByteSource
  readonly #context: ReadContext
  readonly #seen = new Set<number>()

  constructor(source: ByteSource, context: ReadContext) {
    this.#source = source
    this.#context = context
  }

  /** The first record of the root has the mark of the extension. */
  hasRockRidge(root: ByteView): boolean {
    const [self] = this.#records(root)
    return self !== undefined && rockRidge(this.#source, self).isMarked
  }

  *entries({ root, isJoliet }: Tree): Iterable<Entry> {
    yield* this.#inFolder(root, { path: '', depth: 0 }, isJoliet)
  }

  *#inFolder(record: ByteView, folder: Folder, isJoliet: boolean): Iterable<Entry> {
    const block = record.u32(2)
    if (this.#seen.has(block) || folder.depth > DEPTH_MAX) {
      throw damaged('The folders of the disc run in a circle.')
    }
    this.#seen.add(block)
    // A file of more than 4 GiB is in several records, all but the last marked.
    let pieces: ByteView[] = []
    for (const child of this.#records(record)) {
      const identifier = child.slice(RECORD_BYTES, child.u8(32)).bytes
      const isSpecial = identifier.length === 1 && (identifier[0] ?? 2) < 2
      if (isSpecial) continue
      pieces.push(child)
      const flags = child.u8(25)
      if (flags & FLAG_CONTINUES) continue
      const extended = isJoliet ? undefined : rockRidge(this.#source, child)
      const name = extended?.name ?? plainName(identifier, isJoliet)
      const path = folder.path === '' ? name : `${folder.path}/${name}`
      const entry = this.#entryOf(pieces, path, extended)
      pieces = []
      yield entry
      if ((flags & FLAG_FOLDER) !== 0) {
        yield* this.#inFolder(child, { path, depth: folder.depth + 1 }, isJoliet)
      }
    }
  }

  #entryOf(
    pieces: readonly ByteView[],
    path: string,
    extended: ReturnType<typeof rockRidge> | undefined,
  ): Entry {
    const isFolder = ((pieces[0]?.u8(25) ?? 0) & FLAG_FOLDER) !== 0
    const posix = extended?.mode === undefined ? undefined : kindAndMode(extended.mode)
    const stated = isFolder ? 'folder' : (posix?.kind ?? 'file')
    const target = extended?.target
    const kind = target === undefined ? stated : 'symlink'
    const facts = {
      path,
      kind,
      ...(posix !== undefined && { mode: posix.mode }),
      ...(extended?.ownerId !== undefined && { ownerId: extended.ownerId }),
      ...(target !== undefined && { target }),
    }
    if (kind !== 'file') return facts
    const size = pieces.reduce((sum, piece) => sum + piece.u32(10), 0)
    const read = (bytesMax: number) => {
      const [only] = pieces
      if (pieces.length === 1 && only !== undefined) {
        return plainContent(this.#source, rangeOf(only), bytesMax)
      }
      if (size > bytesMax) return { bytes: new Uint8Array(), problem: 'limit' as const }
      return { bytes: Buffer.concat(pieces.map((one) => peek(this.#source, rangeOf(one)))) }
    }
    return { ...facts, size, packedBytes: size, read }
  }

  /** Records do not cross sectors; a zero length ends one. */
  *#records(folder: ByteView): Generator<ByteView> {
    const { offset, length } = rangeOf(folder)
    const bytes = Math.min(length, FOLDER_BYTES_MAX)
    const view = new ByteView(peek(this.#source, { offset, length: bytes }))
    for (let at = 0; at < view.length;) {
      this.#context.budget.spendSteps()
      const recordBytes = view.u8(at)
      if (recordBytes === 0) {
        at = (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES
        continue
      }
      if (recordBytes <= RECORD_BYTES) throw damaged('A record of the disc is none.')
      yield view.slice(at, recordBytes)
      at += recordBytes
    }
  }
}

/** First block (4) at 2, bytes (4) at 10; the extended attributes before it are skipped. */
function rangeOf(record: ByteView) {
  const offset = (record.u32(2) + record.u8(1)) * SECTOR_BYTES
  return { offset, length: record.u32(10) }
}

/** Without the version that follows a semicolon, and without the point of an empty ending. */
function plainName(identifier: Uint8Array, isJoliet: boolean): string {
  const bytes = Buffer.from(identifier)
  const even = bytes.subarray(0, bytes.length & ~1)
  const text = isJoliet ? even.swap16().toString('utf16le') : bytes.toString('latin1')
  return text.replace(/\.?;\d+$/, '').replaceAll('/', ':')
}
