import { type ByteRun, ExtentSource } from '../extent-source.ts'
import { type Entry, kindAndMode } from '../entry.ts'
import type { ContainerFormat, ReadContext } from '../format.ts'
import { DECMPFS, decmpfsContent, readDecmpfs } from '../mac-metadata/decmpfs.ts'
import { plainContent } from '../plain.ts'
import type { ByteSource } from '../source.ts'
import { blocksOf, isApfs, type VolumeRoot, volumesOf } from './container.ts'
import type { Blocks } from './object.ts'
import {
  type Attribute,
  emptyRecords,
  type Inode,
  type StreamRun,
  takeRecord,
  type VolumeRecords,
} from './records.ts'
import { treeRecords } from './tree.ts'

const ROOT = 2
const DEPTH_MAX = 128
const RECORDS_OF_ENTRY = 16
const FLAG_COMPRESSED = 0x20
const SYMLINK = 'com.apple.fs.symlink'
const RESOURCE_FORK = 'com.apple.ResourceFork'
const ATTRIBUTE_BYTES_MAX = 1_048_576
const RESOURCE_BYTES_MAX = 268_435_456

/**
 * APFS: the newest state of every volume that is not encrypted. Snapshots are left. With more than
 * one volume, each is a folder of its name.
 */
export const APFS: ContainerFormat = {
  name: 'apfs',
  recognise: isApfs,
  *entries(source, context) {
    const blocks = blocksOf(source)
    const volumes = [...volumesOf(blocks, context.budget)]
    context.fact('volumes', volumes.map(({ name }) => name).join(', '))
    for (const volume of volumes) {
      if (volume.isEncrypted) {
        const detail = `The volume ${volume.name} needs a password.`
        context.note({ code: 'encrypted', detail })
        continue
      }
      const folder = volumes.length > 1 ? volume.name.replaceAll('/', ':') : ''
      yield* new Volume({ source, blocks, volume }, context).entries(folder)
    }
    if (blocks.sumsWrong > 0) {
      const detail = `${blocks.sumsWrong} blocks have another sum.`
      context.note({ code: 'checksum_mismatch', detail })
    }
  },
}

interface Opened {
  readonly source: ByteSource
  readonly blocks: Blocks
  readonly volume: VolumeRoot
}

class Volume {
  readonly #source: ByteSource
  readonly #blockBytes: number
  readonly #context: ReadContext
  readonly #records: VolumeRecords = emptyRecords()
  readonly #isCut: boolean
  /** First path of every file, for the names that follow. */
  readonly #seen = new Map<number, string>()

  constructor({ source, blocks, volume }: Opened, context: ReadContext) {
    this.#source = source
    this.#blockBytes = blocks.blockBytes
    this.#context = context
    const { budget } = context
    const options = { blocks, budget, resolve: volume.resolve }
    // Names come with an inode and some more; far more of them than may be given need no place.
    const recordsMax = budget.limits.itemsMax * RECORDS_OF_ENTRY
    let count = 0
    for (const record of treeRecords(volume.rootTree, options).take(recordsMax)) {
      takeRecord(this.#records, record, volume.hasHashedNames)
      count += 1
    }
    this.#isCut = count === recordsMax
  }

  *entries(folder: string): Iterable<Entry> {
    yield* this.#inFolder(ROOT, { path: folder, depth: 0 })
    const { budget } = this.#context
    // What was left out is more than the limit allows, and says so by meeting it.
    if (this.#isCut) budget.spendItems(budget.limits.itemsMax + 1)
  }

  *#inFolder(id: number, place: Place): Iterable<Entry> {
    if (place.depth > DEPTH_MAX) return
    for (const child of this.#records.names.get(id) ?? []) {
      this.#context.budget.spendSteps()
      const path = place.path === '' ? child.name : `${place.path}/${child.name}`
      const first = this.#seen.get(child.id)
      if (first !== undefined) {
        yield { path, kind: 'hard_link', target: first }
        continue
      }
      this.#seen.set(child.id, path)
      const inode = this.#records.inodes.get(child.id)
      if (inode === undefined) {
        const code = 'damaged'
        yield { path, kind: 'file', findings: [{ code, detail: 'The file has no record.' }] }
        continue
      }
      yield* this.#entriesOf(child.id, inode, path)
      if (kindAndMode(inode.mode).kind === 'folder') {
        yield* this.#inFolder(child.id, { path, depth: place.depth + 1 })
      }
    }
  }

  *#entriesOf(id: number, inode: Inode, path: string): Iterable<Entry> {
    const { kind, mode } = kindAndMode(inode.mode)
    const stored = this.#records.attributes.get(id)
    const attributes = this.#attributesOf(stored)
    const facts = {
      path,
      kind,
      mode,
      ownerId: inode.ownerId,
      modifiedMs: inode.modifiedMs,
      ...(attributes.size > 0 && { attributes }),
    }
    if (kind === 'symlink') {
      const target = Buffer.from(attributes.get(SYMLINK) ?? []).toString('utf8')
      yield { ...facts, target: target.replace(/\0+$/, '') }
      return
    }
    if (kind !== 'file') {
      yield facts
      return
    }
    const packed = attributes.get(DECMPFS)
    const compressed =
      packed !== undefined && (inode.flags & FLAG_COMPRESSED) !== 0
        ? readDecmpfs(packed)
        : undefined
    const fork = stored?.get(RESOURCE_FORK)
    if (compressed !== undefined) {
      const resource = () => this.#attributeBytes(fork, RESOURCE_BYTES_MAX)
      const read = (bytesMax: number) => decmpfsContent(compressed, resource, bytesMax)
      yield { ...facts, size: compressed.size, read }
      return
    }
    const data = this.#stream(inode.streamId, inode.size)
    const range = { offset: 0, length: data.length }
    const read = (bytesMax: number) => plainContent(data, range, bytesMax)
    yield { ...facts, size: inode.size, read }
    if (fork === undefined) return
    const readFork = (bytesMax: number) => {
      const bytes = this.#attributeBytes(fork, Math.min(bytesMax, RESOURCE_BYTES_MAX))
      return { bytes }
    }
    yield { path: `${path}/..namedfork/rsrc`, kind, read: readFork }
  }

  #attributesOf(stored: ReadonlyMap<string, Attribute> | undefined): Map<string, Uint8Array> {
    const attributes = new Map<string, Uint8Array>()
    for (const [name, attribute] of stored ?? []) {
      if (name === RESOURCE_FORK) continue
      const bytes = this.#attributeBytes(attribute, ATTRIBUTE_BYTES_MAX)
      this.#context.budget.spendBytes(bytes.length)
      attributes.set(name, bytes)
    }
    return attributes
  }

  #attributeBytes(attribute: Attribute | undefined, bytesMax: number): Uint8Array {
    if (attribute === undefined) return new Uint8Array()
    if ('bytes' in attribute) return attribute.bytes
    const size = Math.min(attribute.size, bytesMax)
    return this.#stream(attribute.streamId, attribute.size).read(0, size)
  }

  #stream(id: number, size: number): ByteSource {
    const runs = byteRuns(this.#records.runs.get(id) ?? [], { size, blockBytes: this.#blockBytes })
    return new ExtentSource(this.#source, { size, runs }, this.#context.budget)
  }
}

interface Place {
  readonly path: string
  readonly depth: number
}

interface StreamShape {
  readonly size: number
  readonly blockBytes: number
}

/** Runs in their order, with the holes between them. */
function byteRuns(stored: readonly StreamRun[], { size, blockBytes }: StreamShape): ByteRun[] {
  const runs: ByteRun[] = []
  let at = 0
  for (const { offset, length, block } of stored.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < at) continue
    if (offset > at) runs.push({ length: offset - at })
    runs.push(block === 0 ? { length } : { from: block * blockBytes, length })
    at = offset + length
  }
  if (at < size) runs.push({ length: size - at })
  return runs
}
