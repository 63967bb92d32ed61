import type { Budget } from '../../bytes/budget.ts'
import { ByteView } from '../../bytes/view.ts'
import { type ByteSource, peek } from '../source.ts'
import { damaged } from '../stop.ts'
import { Blocks, isSumRight } from './object.ts'
import { treeRecords } from './tree.ts'

const MAGIC = 'NXSB'
const MAGIC_AT = 32
const VOLUME_MAGIC = 'APSB'
const SUPERBLOCK_BYTES = 4_096
const VOLUMES_MAX = 100
const CHECKPOINT_BLOCKS_MAX = 65_536
const FLAG_UNENCRYPTED = 1
const CASE_INSENSITIVE = 1
const NORMALIZATION_INSENSITIVE = 8
/** The mapping says that the object was deleted. */
const FLAG_DELETED = 1

/** A volume and what is needed to read its files. */
export interface VolumeRoot {
  readonly name: string
  readonly isEncrypted: boolean
  readonly isCaseSensitive: boolean
  /** Keys of directory entries hold a hash beside the length of the name. */
  readonly hasHashedNames: boolean
  readonly rootTree: number
  readonly resolve: (id: number) => number | undefined
}

/** Whether a container begins here. */
export function isApfs(source: ByteSource): boolean {
  return new ByteView(peek(source, { offset: 0, length: 64 })).startsWith(MAGIC, MAGIC_AT)
}

/** The blocks of a container. @throws AnalysisError */
export function blocksOf(disk: ByteSource): Blocks {
  const blockBytes = new ByteView(peek(disk, { offset: 0, length: 64 })).u32(36)
  const isPower = blockBytes >= SUPERBLOCK_BYTES && (blockBytes & (blockBytes - 1)) === 0
  if (!isPower || blockBytes > 65_536) throw damaged(`Blocks of ${blockBytes} bytes are none.`)
  return new Blocks(disk, blockBytes)
}

/**
 * The volumes of a container, as its newest whole checkpoint has them.
 *
 * ```
 * 32 "NXSB", block bytes (4), blocks (8); 104 descriptor blocks (4), 112 their first block (8);
 * 160 object map (8); 180 volumes at most (4), their numbers (8 each)
 * ```
 *
 * @see Apple File System Reference, `nx_superblock_t`, `apfs_superblock_t`
 */
export function* volumesOf(blocks: Blocks, budget: Budget): Iterable<VolumeRoot> {
  const superblock = newestSuperblock(blocks, budget)
  const resolve = objectMap(superblock.size64(160), { blocks, budget })
  const count = Math.min(superblock.u32(180), VOLUMES_MAX)
  for (let index = 0; index < count; index++) {
    const id = superblock.size64(184 + index * 8)
    if (id === 0) continue
    const block = resolve(id)
    if (block === undefined) throw damaged(`Volume ${id} is nowhere.`)
    yield volumeOf(blocks.object(block), { blocks, budget })
  }
}

/** Checkpoints lie in a ring of blocks; the one with the greatest number that is whole counts. */
function newestSuperblock(blocks: Blocks, budget: Budget): ByteView {
  const first = blocks.object(0)
  let newest = first
  const count = Math.min(first.u32(104) & 0x7f_ff_ff_ff, CHECKPOINT_BLOCKS_MAX)
  const base = first.size64(112)
  for (let index = 0; index < count; index++) {
    budget.spendSteps()
    const object = blocks.raw(base + index)
    if (!object.startsWith(MAGIC, MAGIC_AT) || !isSumRight(object.bytes)) continue
    if (object.size64(16) > newest.size64(16)) newest = object
  }
  return newest
}

interface Reading {
  readonly blocks: Blocks
  readonly budget: Budget
}

/**
 * An object map: 48 tree (8). Keys: object (8), transaction (8); values: flags (4), bytes (4),
 * block (8). The newest of an object counts.
 */
function objectMap(block: number, { blocks, budget }: Reading): (id: number) => number | undefined {
  const found = new Map<number, { transaction: number; block: number | undefined }>()
  const root = blocks.object(block).size64(48)
  const options = { blocks, budget, resolve: (id: number) => id }
  for (const { key, value } of treeRecords(root, options)) {
    const [id, transaction] = [key.size64(0), key.size64(8)]
    if ((found.get(id)?.transaction ?? -1) > transaction) continue
    const isDeleted = (value.u32(0) & FLAG_DELETED) !== 0
    found.set(id, { transaction, block: isDeleted ? undefined : value.size64(8) })
  }
  return (id) => found.get(id)?.block
}

/**
 * ```
 * 32 "APSB"; 56 incompatible features (8); 128 object map (8), root tree (8); 264 flags (8);
 * 704 name (256)
 * ```
 */
function volumeOf(superblock: ByteView, reading: Reading): VolumeRoot {
  if (!superblock.startsWith(VOLUME_MAGIC, MAGIC_AT)) throw damaged('A volume has no magic.')
  const features = superblock.u32(56)
  return {
    name: superblock.cString(704, 256),
    isEncrypted: (superblock.u32(264) & FLAG_UNENCRYPTED) === 0,
    isCaseSensitive: (features & CASE_INSENSITIVE) === 0,
    hasHashedNames: (features & (CASE_INSENSITIVE | NORMALIZATION_INSENSITIVE)) !== 0,
    rootTree: superblock.size64(136),
    resolve: objectMap(superblock.size64(128), reading),
  }
}
