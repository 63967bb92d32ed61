import { ByteView } from '../../bytes/view.ts'
import type { ContainerFormat, ReadContext } from '../format.ts'
import { type ByteSource, partOf, peek } from '../source.ts'

/** A part of a disk. */
export interface Partition {
  readonly name: string
  readonly type: string
  readonly offset: number
  readonly length: number
}

const SECTOR_BYTES = 512
const BLOCK_SIZES = [512, 1_024, 2_048, 4_096]
const GPT_ENTRIES_MAX = 1_024
const APM_ENTRIES_MAX = 256
const MBR_AT = 446
const MBR_ENTRIES = 4
const MBR_GPT = 0xee

/** Disks with a partition map: GUID, Apple's old one, or the PC's. */
export const PARTITIONS: ContainerFormat = {
  name: 'partitions',
  recognise: (source) => partitionsOf(source).length > 0,
  *entries(source, context) {
    const partitions = partitionsOf(source)
    for (const [index, partition] of partitions.entries()) {
      yield partitionEntry(source, partition, { index, context })
    }
  },
}

interface Numbered {
  readonly index: number
  readonly context: ReadContext
}

function partitionEntry(source: ByteSource, partition: Partition, { index, context }: Numbered) {
  const { name, type, offset, length } = partition
  context.budget.spendSteps()
  const part = partOf(source, { offset, length })
  return {
    path: `${index} ${(name || type).replaceAll('/', ':')}`,
    kind: 'file',
    size: part.length,
    packedBytes: part.length,
    open: () => part,
  } as const
}

/** The partitions of a disk; none when it has no map. */
export function partitionsOf(source: ByteSource): readonly Partition[] {
  const found = [gptPartitions(source), applePartitions(source), mbrPartitions(source)]
  return found.find((list) => list.length > 0) ?? []
}

/**
 * ```
 * block 1  "EFI PART" … 72 first block of entries (8), 80 entries (4), 84 bytes of one (4)
 * entry    type (16), id (16), first block (8), last block (8), flags (8), name (72, UTF-16)
 * ```
 */
function gptPartitions(source: ByteSource): readonly Partition[] {
  for (const blockBytes of [512, 4_096]) {
    const header = new ByteView(peek(source, { offset: blockBytes, length: 92 }))
    if (header.length < 92 || !header.startsWith('EFI PART')) continue
    const entryBytes = header.u32(84)
    const count = Math.min(header.u32(80), GPT_ENTRIES_MAX)
    if (entryBytes < 128 || entryBytes > 4_096) return []
    const range = { offset: header.size64(72) * blockBytes, length: count * entryBytes }
    const table = new ByteView(peek(source, range))
    const partitions: Partition[] = []
    for (let at = 0; table.has(at, 128); at += entryBytes) {
      const type = guid(table.slice(at, 16))
      if (type.startsWith('00000000')) continue
      const first = table.size64(at + 32)
      const blocks = table.size64(at + 40) - first + 1
      const stated = Buffer.from(table.slice(at + 56, 72).bytes).toString('utf16le')
      const name = stated.replace(/\0.*$/s, '')
      partitions.push({ name, type, offset: first * blockBytes, length: blocks * blockBytes })
    }
    return partitions.filter(({ length }) => length > 0)
  }
  return []
}

function guid(view: ByteView): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  const tail = Buffer.from(view.bytes.subarray(8)).toString('hex')
  const head = [hex(view.u32(0), 8), hex(view.u16(4), 4), hex(view.u16(6), 4)]
  return [...head, tail.slice(0, 4), tail.slice(4)].join('-').toUpperCase()
}

/**
 * ```
 * block 0   "ER", block bytes (2);  block 1 …: "PM", 4 blocks of the map (4), first block (4),
 *           blocks (4), name (32), type (32)
 * ```
 */
function applePartitions(source: ByteSource): readonly Partition[] {
  const first = new ByteView(peek(source, { offset: 0, length: 4 }), 'big')
  const stated = first.startsWith('ER') && first.length === 4 ? first.u16(2) : undefined
  if (stated === undefined) return []
  // The map of a hybrid image counts blocks of 512 bytes whatever block 0 says.
  const mapBytes = [stated, ...BLOCK_SIZES].find((blockBytes) =>
    new ByteView(peek(source, { offset: blockBytes, length: 2 })).startsWith('PM'),
  )
  if (mapBytes === undefined || mapBytes < SECTOR_BYTES) return []
  const partitions: Partition[] = []
  for (let block = 1; block <= APM_ENTRIES_MAX; block++) {
    const entry = new ByteView(peek(source, { offset: block * mapBytes, length: 80 }), 'big')
    if (entry.length < 80 || !entry.startsWith('PM') || block > entry.u32(4)) break
    const type = entry.cString(48, 32)
    // The map lists itself and the gaps.
    if (type === 'Apple_partition_map' || type === 'Apple_Free') continue
    const [offset, length] = [entry.u32(8) * mapBytes, entry.u32(12) * mapBytes]
    partitions.push({ name: entry.cString(16, 32), type, offset, length })
  }
  return partitions.filter(({ length }) => length > 0)
}

/** Four entries of 16 bytes: flags (1), … type (1) at 4, first block (4), blocks (4); 0x55 0xaa. */
function mbrPartitions(source: ByteSource): readonly Partition[] {
  const sector = new ByteView(peek(source, { offset: 0, length: SECTOR_BYTES }))
  if (sector.length < SECTOR_BYTES || sector.u16(510) !== 0xaa_55) return []
  const partitions: Partition[] = []
  for (let index = 0; index < MBR_ENTRIES; index++) {
    const at = MBR_AT + index * 16
    const [flags, type] = [sector.u8(at), sector.u8(at + 4)]
    const [first, blocks] = [sector.u32(at + 8), sector.u32(at + 12)]
    // Boot code looks like a map too: a sound entry has one of two flags and lies in the disk.
    if ((flags & 0x7f) !== 0 || type === MBR_GPT) return []
    const [offset, length] = [first * SECTOR_BYTES, blocks * SECTOR_BYTES]
    if (type === 0 || blocks === 0) continue
    if (first === 0 || offset >= source.length) return []
    partitions.push({ name: '', type: `type ${type}`, offset, length })
  }
  return partitions
}
