import { hash } from 'node:crypto'
import type { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'
import { type FlagNames, flagNames, fullVersion } from '../mach-o/names.ts'
import { BLOB_MAGIC, type SignatureBlob } from './super-blob.ts'

/** Flags of a code directory as `codesign` prints them. */
const FLAGS: FlagNames = [
  [0x1, 'host'],
  [0x2, 'adhoc'],
  [0x4, 'get-task-allow'],
  [0x8, 'installer'],
  [0x10, 'forced-library-validation'],
  [0x20, 'invalid-allowed'],
  [0x100, 'hard'],
  [0x200, 'kill'],
  [0x400, 'expires'],
  [0x800, 'restrict'],
  [0x1000, 'enforcement'],
  [0x2000, 'library-validation'],
  [0x10000, 'runtime'],
  [0x20000, 'linker-signed'],
]
const EXECUTABLE_FLAGS: FlagNames = [
  [0x1, 'main-binary'],
  [0x10, 'allow-unsigned'],
  [0x20, 'debugger'],
  [0x40, 'jit'],
  [0x80, 'skip-library-validation'],
  [0x100, 'can-load-cdhash'],
  [0x200, 'can-exec-cdhash'],
]

interface HashType {
  readonly name: string
  /** As Node names it. */
  readonly digest: string
  readonly size: number
  /** The stronger one is the one that counts. */
  readonly rank: number
}

const HASH_TYPES: Readonly<Record<number, HashType>> = {
  1: { name: 'sha1', digest: 'sha1', size: 20, rank: 1 },
  2: { name: 'sha256', digest: 'sha256', size: 32, rank: 3 },
  3: { name: 'sha256-truncated', digest: 'sha256', size: 20, rank: 2 },
  4: { name: 'sha384', digest: 'sha384', size: 48, rank: 4 },
}
const CDHASH_BYTES = 20

/** A list of hashes of the code and of everything beside it. */
export interface CodeDirectory {
  readonly slot: number
  /** As a number, such as 0x20500. */
  readonly version: number
  readonly flags: number
  readonly flagNames: readonly string[]
  readonly identifier: string
  readonly teamId?: string
  readonly hashType: string
  /** As Node names the digest. */
  readonly digest: string
  readonly hashSize: number
  readonly rank: number
  readonly platform: number
  /** Bytes a page; 0 is one hash over everything. */
  readonly pageSize: number
  /** Bytes of the image that the hashes are over. */
  readonly codeLimit: number
  readonly codeHashCount: number
  readonly specialHashCount: number
  readonly executableSegment?: {
    readonly base: number
    readonly limit: number
    readonly flags: number
    readonly flagNames: readonly string[]
  }
  /** Version of the hardened runtime. */
  readonly runtimeVersion?: string
  readonly hasScatter: boolean
  /** First 20 bytes of the digest over the whole directory: the name of this code everywhere. */
  readonly cdhash: string
  readonly digestFull: string
  /** Hashes of pages, one behind the other. */
  readonly codeHashes: Uint8Array
  /** Hashes of other slots by number; those of zeros are left out. */
  readonly specialHashes: ReadonlyMap<number, Uint8Array>
}

function versioned(view: ByteView, version: number) {
  const teamOffset = version >= 0x20200 ? view.u32(48) : 0
  const limit64 = version >= 0x20300 ? view.size64(56) : 0
  const executable =
    version >= 0x20400
      ? { base: view.size64(64), limit: view.size64(72), flags: Number(view.u64(80) & 0xffffffffn) }
      : undefined
  const runtime = version >= 0x20500 ? view.u32(88) : 0
  return {
    ...(teamOffset !== 0 && { teamId: view.from(teamOffset).cString(0, 255) }),
    codeLimit: limit64 === 0 ? view.u32(32) : limit64,
    ...(executable !== undefined && {
      executableSegment: {
        ...executable,
        flagNames: flagNames(EXECUTABLE_FLAGS, executable.flags),
      },
    }),
    ...(runtime !== 0 && { runtimeVersion: fullVersion(runtime) }),
    hasScatter: version >= 0x20100 && view.u32(44) !== 0,
  }
}

function specialHashes(
  hashes: ByteView,
  counts: { readonly count: number; readonly size: number },
) {
  const found = new Map<number, Uint8Array>()
  const { count, size } = counts
  for (let slot = 1; slot <= count; slot++) {
    const { bytes } = hashes.slice((count - slot) * size, size)
    if (bytes.some((byte) => byte !== 0)) found.set(slot, bytes)
  }
  return found
}

/** Special slots that mean something are below this; a directory with more is a lie. */
const SPECIAL_MAX = 64

/**
 * Reads a code directory.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED or ERR_ANALYSIS_MALFORMED.
 * @see    Apple, xnu: osfmk/kern/cs_blobs.h, CS_CodeDirectory.
 */
export function readCodeDirectory({ slot, magic, view }: SignatureBlob): CodeDirectory {
  const type = HASH_TYPES[view.u8(37)]
  const size = view.u8(36)
  if (magic !== BLOB_MAGIC.codeDirectory || type === undefined || type.size !== size) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The code directory has unknown hashes.')
  }
  const [version, flags, hashOffset] = [view.u32(8), view.u32(12), view.u32(16)]
  const [specialHashCount, codeHashCount] = [view.u32(24), view.u32(28)]
  const shift = view.u8(39)
  if (specialHashCount > SPECIAL_MAX || shift > 31) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The code directory has impossible counts.')
  }
  const special = view.slice(hashOffset - specialHashCount * size, specialHashCount * size)
  const digestFull = hash(type.digest, view.bytes, 'hex')
  return {
    slot,
    version,
    flags,
    flagNames: flagNames(FLAGS, flags),
    identifier: view.from(view.u32(20)).cString(0, 1024),
    hashType: type.name,
    digest: type.digest,
    hashSize: size,
    rank: type.rank,
    platform: view.u8(38),
    pageSize: shift === 0 ? 0 : 2 ** shift,
    codeHashCount,
    specialHashCount,
    ...versioned(view, version),
    cdhash: digestFull.slice(0, 2 * CDHASH_BYTES),
    digestFull,
    codeHashes: view.slice(hashOffset, codeHashCount * size).bytes,
    specialHashes: specialHashes(special, { count: specialHashCount, size }),
  }
}
