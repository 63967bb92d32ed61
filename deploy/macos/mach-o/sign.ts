import { createHash } from 'node:crypto'
import { ByteWriter } from '../byte-writer.ts'
import { readMachImage, type Segment } from './image.ts'

/** What a signature binds beside the code. */
export interface SignOptions {
  /** Signing identifier, which for a bundle is its bundle id. */
  readonly identifier: string
  /** The bundle's Info.plist. */
  readonly infoPlist: Uint8Array
  /** The bundle's `_CodeSignature/CodeResources`. */
  readonly codeResources: Uint8Array
}

const SUPERBLOB = 0xfa_de_0c_c0
const CODE_DIRECTORY = 0xfa_de_0c_02
const REQUIREMENTS = 0xfa_de_0c_01
const CMS_WRAPPER = 0xfa_de_0b_01
const SLOT_CODE_DIRECTORY = 0
const SLOT_REQUIREMENTS = 2
const SLOT_CMS = 0x1_00_00

const VERSION_EXEC_SEGMENT = 0x2_04_00
const FLAG_ADHOC = 0x2
const HASH_TYPE_SHA256 = 2
const HASH_BYTES = 32
const PAGE_SHIFT = 12
const PAGE_BYTES = 2 ** PAGE_SHIFT
const DIRECTORY_HEADER_BYTES = 88
const EXEC_MAIN_BINARY = 1
const SPECIAL_SLOTS = 3
const SIGNATURE_ALIGN = 16
const SEGMENT_ALIGN = 0x40_00

/**
 * Replaces the signature of a thin Mach-O by an ad-hoc one of our own: no certificate, but every
 * page, the Info.plist and the sealed resources are bound, so that the file runs on Apple silicon
 * and shows when it was changed. The organisation signs over it with its Developer ID.
 *
 * ```
 * superblob          magic, length, count, count × { slot, offset }
 *   code directory   88 bytes of header, identifier, special hashes (−3 … −1), page hashes
 *   requirements     empty
 *   CMS wrapper      empty
 * ```
 *
 * @returns A new file; the given bytes stay as they are.
 * @throws Error when there is no signature to replace: both of our base executables have one.
 * @see Apple's <kern/cs_blobs.h>, CS_CodeDirectory version 0x20400.
 */
export function signAdHoc(machO: Buffer, options: SignOptions): Buffer {
  const { segments, signature } = readMachImage(machO)
  const linkEdit = segments.get('__LINKEDIT')
  const text = segments.get('__TEXT')
  if (signature === undefined || linkEdit === undefined || text === undefined) {
    throw new Error('The Mach-O has no signature to replace.')
  }
  const codeLimit = signature.dataOffset
  const blobBytes = superblobBytes(options, codeLimit)
  const dataSize = Math.ceil(blobBytes / SIGNATURE_ALIGN) * SIGNATURE_ALIGN
  const code = Buffer.from(machO.subarray(0, codeLimit))
  code.writeUInt32LE(dataSize, signature.commandOffset + 12)
  resize(code, linkEdit, codeLimit + dataSize - linkEdit.fileOffset)
  const blob = superblob(code, text, options)
  return Buffer.concat([code, new ByteWriter().bytes(blob).padTo(dataSize).toBuffer()])
}

/** Writes a segment's new size in the file; in memory it is a whole number of pages. */
function resize(code: Buffer, { commandOffset }: Segment, fileSize: number): void {
  const memorySize = Math.ceil(fileSize / SEGMENT_ALIGN) * SEGMENT_ALIGN
  code.writeBigUInt64LE(BigInt(memorySize), commandOffset + 32)
  code.writeBigUInt64LE(BigInt(fileSize), commandOffset + 48)
}

const EMPTY_REQUIREMENTS = new ByteWriter().u32(REQUIREMENTS).u32(12).u32(0).toBuffer()
const EMPTY_CMS = new ByteWriter().u32(CMS_WRAPPER).u32(8).toBuffer()
const SUPERBLOB_HEADER_BYTES = 12 + 3 * 8

function directoryBytes({ identifier }: SignOptions, codeLimit: number): number {
  const hashes = SPECIAL_SLOTS + Math.ceil(codeLimit / PAGE_BYTES)
  return DIRECTORY_HEADER_BYTES + Buffer.byteLength(identifier) + 1 + hashes * HASH_BYTES
}

function superblobBytes(options: SignOptions, codeLimit: number): number {
  const fixed = SUPERBLOB_HEADER_BYTES + EMPTY_REQUIREMENTS.length + EMPTY_CMS.length
  return fixed + directoryBytes(options, codeLimit)
}

function superblob(code: Buffer, text: Segment, options: SignOptions): Buffer {
  const blobs = [
    { slot: SLOT_CODE_DIRECTORY, blob: codeDirectory(code, text, options) },
    { slot: SLOT_REQUIREMENTS, blob: EMPTY_REQUIREMENTS },
    { slot: SLOT_CMS, blob: EMPTY_CMS },
  ]
  const writer = new ByteWriter()
  writer.u32(SUPERBLOB).u32(superblobBytes(options, code.length)).u32(blobs.length)
  let offset = SUPERBLOB_HEADER_BYTES
  for (const { slot, blob } of blobs) {
    writer.u32(slot).u32(offset)
    offset += blob.length
  }
  for (const { blob } of blobs) writer.bytes(blob)
  return writer.toBuffer()
}

function codeDirectory(code: Buffer, text: Segment, options: SignOptions): Buffer {
  const identifier = Buffer.from(`${options.identifier}\0`)
  const hashesAt = DIRECTORY_HEADER_BYTES + identifier.length + SPECIAL_SLOTS * HASH_BYTES
  const writer = new ByteWriter()
    .u32(CODE_DIRECTORY)
    .u32(directoryBytes(options, code.length))
    .u32(VERSION_EXEC_SEGMENT)
    .u32(FLAG_ADHOC)
    .u32(hashesAt)
    .u32(DIRECTORY_HEADER_BYTES) // The identifier follows the header.
    .u32(SPECIAL_SLOTS)
    .u32(Math.ceil(code.length / PAGE_BYTES))
    .u32(code.length)
    .u8(HASH_BYTES)
    .u8(HASH_TYPE_SHA256)
    .u8(0) // Platform: none of Apple's.
    .u8(PAGE_SHIFT)
    .u32(0) // Spare.
    .u32(0) // No scatter vector.
    .u32(0) // No team.
    .u32(0) // Spare.
    .u64(0) // The limit fits into 32 bits.
    .u64(text.fileOffset)
    .u64(text.fileSize)
    .u64(EXEC_MAIN_BINARY)
    .bytes(identifier)
    .bytes(hash(options.codeResources)) // Special slot −3.
    .bytes(hash(EMPTY_REQUIREMENTS)) // −2
    .bytes(hash(options.infoPlist)) // −1
  for (let at = 0; at < code.length; at += PAGE_BYTES) {
    writer.bytes(hash(code.subarray(at, at + PAGE_BYTES)))
  }
  return writer.toBuffer()
}

function hash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
