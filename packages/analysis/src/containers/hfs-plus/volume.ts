import { ByteView } from '../../bytes/view.ts'
import { type ByteSource, partOf, peek } from '../source.ts'

/** A fork as the volume describes it: its size and where its first blocks lie. */
export interface Fork {
  readonly size: number
  readonly extents: readonly Extent[]
}

/** A run of blocks. */
export interface Extent {
  readonly block: number
  readonly blocks: number
}

/** The header of a volume. */
export interface VolumeHeader {
  readonly blockBytes: number
  readonly blocks: number
  readonly files: number
  readonly folders: number
  /** Names are told apart by case. */
  readonly isCaseSensitive: boolean
  readonly extentsFile: Fork
  readonly catalogFile: Fork
  readonly attributesFile: Fork
}

const HEADER_AT = 1_024
const HEADER_BYTES = 512
const EXTENTS = 8
const BLOCK_BYTES_MAX = 1_048_576

/** The extents of a fork: eight pairs of first block (4) and blocks (4); empty ones end them. */
export function readExtents(view: ByteView, at: number): readonly Extent[] {
  const extents: Extent[] = []
  for (let index = 0; index < EXTENTS; index++) {
    const blocks = view.u32(at + index * 8 + 4)
    if (blocks === 0) break
    extents.push({ block: view.u32(at + index * 8), blocks })
  }
  return extents
}

/** A fork of 80 bytes: size (8), clump (4), blocks (4), extents (64). */
export function readFork(view: ByteView, at: number): Fork {
  return { size: view.size64(at), extents: readExtents(view, at + 16) }
}

/**
 * Reads the header, big-endian, 1,024 bytes into the volume.
 *
 * ```
 * 0 "H+" or "HX", version (2); 32 files (4), folders (4), block bytes (4), blocks (4)
 * 112 allocation, 192 extents, 272 catalog, 352 attributes, 432 startup: forks of 80 bytes
 * ```
 *
 * @returns Undefined when no such volume begins here.
 * @see Apple Technical Note TN1150
 */
export function volumeHeader(source: ByteSource): VolumeHeader | undefined {
  const bytes = peek(source, { offset: HEADER_AT, length: HEADER_BYTES })
  const view = new ByteView(bytes, 'big')
  if (view.length < HEADER_BYTES) return undefined
  const isCaseSensitive = view.startsWith('HX')
  if (!isCaseSensitive && !view.startsWith('H+')) return undefined
  const blockBytes = view.u32(40)
  const isPower = blockBytes >= 512 && (blockBytes & (blockBytes - 1)) === 0
  if (!isPower || blockBytes > BLOCK_BYTES_MAX) return undefined
  return {
    blockBytes,
    blocks: view.u32(44),
    files: view.u32(32),
    folders: view.u32(36),
    isCaseSensitive,
    extentsFile: readFork(view, 192),
    catalogFile: readFork(view, 272),
    attributesFile: readFork(view, 352),
  }
}

/**
 * The HFS+ volume that an HFS volume wraps, as images for old systems have it.
 *
 * ```
 * 0 "BD"; 20 block bytes (4); 28 first block (2, sectors); 124 "H+", first (2), blocks (2)
 * ```
 */
export function wrappedVolume(source: ByteSource): ByteSource | undefined {
  const view = new ByteView(peek(source, { offset: HEADER_AT, length: 162 }), 'big')
  if (view.length < 162 || !view.startsWith('BD') || !view.startsWith('H+', 124)) return undefined
  const blockBytes = view.u32(20)
  const offset = view.u16(28) * 512 + view.u16(126) * blockBytes
  return partOf(source, { offset, length: view.u16(128) * blockBytes })
}
