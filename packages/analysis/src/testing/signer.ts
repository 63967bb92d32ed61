import { hash } from 'node:crypto'
import { BLOB_MAGIC, SLOT } from '../code-signature/super-blob.ts'
import { der, DER_TAG, derDictionary, derOid, type DerValue } from './der-writer.ts'
import { type MessagePlan, signMessage } from './authority.ts'

const HASHES = {
  sha1: { type: 1, digest: 'sha1', size: 20, oid: '1.3.14.3.2.26' },
  sha256: { type: 2, digest: 'sha256', size: 32, oid: '2.16.840.1.101.3.4.2.1' },
  sha384: { type: 4, digest: 'sha384', size: 48, oid: '2.16.840.1.101.3.4.2.2' },
} as const

/** How an image is to be signed. */
export interface SigningPlan {
  readonly identifier: string
  readonly teamId?: string
  readonly flags?: number
  readonly hashTypes?: readonly (keyof typeof HASHES)[]
  readonly pageShift?: number
  /** XML of the entitlements. */
  readonly entitlements?: string
  /** Their DER form, made to differ where a test wants that. */
  readonly entitlementsDer?: { [key: string]: DerValue }
  /** Body of the designated requirement, in opcodes. */
  readonly designated?: Uint8Array
  readonly infoPlist?: Uint8Array
  readonly resources?: Uint8Array
  /** Launch constraints by slot. */
  readonly constraints?: Readonly<Record<number, { [key: string]: DerValue }>>
  readonly ticket?: Uint8Array
  readonly runtimeVersion?: number
  /** Absent for an ad-hoc signature. */
  readonly cms?: Omit<MessagePlan, 'content' | 'attributes'>
}

const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4)
  return bytes
}

function blob(magic: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([u32(magic, content.length + 8), content])
}

/** A text or bytes as requirements have them: a length, and zeros up to four. */
export function requirementData(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([u32(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}

/** Opcodes, numbers and data of a requirement, one after the other. */
export function requirementBody(...parts: readonly (number | string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? u32(part) : requirementData(part))),
  )
}

/** A requirement blob around a body. */
export function requirementBlob(body: Uint8Array): Buffer {
  return blob(BLOB_MAGIC.requirement, u32(1), body)
}

function requirementsBlob(body: Uint8Array | undefined): Buffer {
  if (body === undefined) return blob(BLOB_MAGIC.requirements, u32(0))
  return blob(BLOB_MAGIC.requirements, u32(1, 3, 20), requirementBlob(body))
}

type Blobs = readonly (readonly [slot: number, bytes: Buffer])[]

function sealedBlobs(plan: SigningPlan): Blobs {
  const { entitlements, entitlementsDer, constraints = {} } = plan
  return [
    [SLOT.requirements, requirementsBlob(plan.designated)],
    ...(entitlements === undefined
      ? []
      : [[SLOT.entitlements, blob(BLOB_MAGIC.entitlements, Buffer.from(entitlements))] as const]),
    ...(entitlementsDer === undefined
      ? []
      : [
          [
            SLOT.entitlementsDer,
            blob(BLOB_MAGIC.entitlementsDer, derDictionary(entitlementsDer)),
          ] as const,
        ]),
    ...Object.entries(constraints).map(
      ([slot, value]) =>
        [Number(slot), blob(BLOB_MAGIC.launchConstraint, derDictionary(value))] as const,
    ),
  ]
}

interface DirectoryPlan {
  readonly plan: SigningPlan
  readonly code: Uint8Array
  readonly sealed: Blobs
}

const DIRECTORY_SIZE = 96

function directoryBlob(type: keyof typeof HASHES, { plan, code, sealed }: DirectoryPlan): Buffer {
  const { digest, size, type: hashType } = HASHES[type]
  const digestOf = (bytes: Uint8Array) => hash(digest, bytes, 'buffer')
  const special = new Map(sealed.map(([slot, bytes]) => [slot, digestOf(bytes)]))
  if (plan.infoPlist !== undefined) special.set(SLOT.infoPlist, digestOf(plan.infoPlist))
  if (plan.resources !== undefined) special.set(SLOT.resources, digestOf(plan.resources))
  const specialCount = Math.max(0, ...special.keys())
  const shift = plan.pageShift ?? 12
  const page = 2 ** shift
  const pages = Array.from({ length: Math.ceil(code.length / page) }, (_, index) =>
    digestOf(code.subarray(index * page, (index + 1) * page)),
  )
  const texts = Buffer.from(`${plan.identifier}\0${plan.teamId ?? ''}\0`)
  const teamOffset =
    plan.teamId === undefined ? 0 : DIRECTORY_SIZE + Buffer.byteLength(plan.identifier) + 1
  const hashOffset = DIRECTORY_SIZE + texts.length + specialCount * size
  const flags = plan.flags ?? (plan.cms === undefined ? 0x2 : 0x10000)
  const numbers = Buffer.concat([
    u32(0x20500, flags, hashOffset, DIRECTORY_SIZE, specialCount, pages.length, code.length),
    Buffer.from([size, hashType, 0, shift]),
    u32(0, 0, teamOffset, 0, 0, 0),
    u32(0, 0, 0, page, 0, 1, plan.runtimeVersion ?? 0, 0),
  ])
  const hashes = Array.from({ length: specialCount }, (_, index) => {
    return special.get(specialCount - index) ?? Buffer.alloc(size)
  })
  return blob(BLOB_MAGIC.codeDirectory, numbers, texts, ...hashes, ...pages)
}

function listedHashes(directories: readonly Buffer[], plan: SigningPlan) {
  const types = plan.hashTypes ?? ['sha256']
  const full = directories.map((bytes, index) => {
    const { digest, oid } = HASHES[types[index] ?? 'sha256']
    return { oid, digest: hash(digest, bytes, 'buffer') }
  })
  const entries = full.map(
    ({ digest }) => `<data>${digest.subarray(0, 20).toString('base64')}</data>`,
  )
  const list = `<plist version="1.0"><dict><key>cdhashes</key><array>${entries.join('')}</array></dict></plist>`
  const values = full.map(({ oid, digest }) =>
    der(DER_TAG.sequence, derOid(oid), der(DER_TAG.octetString, digest)),
  )
  return [
    ['1.2.840.113635.100.9.1', der(DER_TAG.octetString, Buffer.from(list))],
    ['1.2.840.113635.100.9.2', Buffer.concat(values)],
  ] as const
}

function superBlob(blobs: Blobs): Buffer {
  let offset = 12 + blobs.length * 8
  const index = blobs.map(([slot, bytes]) => {
    const entry = u32(slot, offset)
    offset += bytes.length
    return entry
  })
  const parts = [...index, ...blobs.map(([, bytes]) => bytes)]
  return blob(0xfade0cc0, u32(blobs.length), ...parts)
}

/** Makes the signature of code. */
export function makeSignature(code: Uint8Array, plan: SigningPlan): Buffer {
  const sealed = sealedBlobs(plan)
  const types = plan.hashTypes ?? ['sha256']
  const directories = types.map((type) => directoryBlob(type, { plan, code, sealed }))
  const [primary = Buffer.alloc(0)] = directories
  const message =
    plan.cms === undefined
      ? Buffer.alloc(0)
      : signMessage({
          ...plan.cms,
          content: primary,
          attributes: listedHashes(directories, plan),
        })
  return superBlob([
    [SLOT.codeDirectory, primary],
    ...sealed,
    ...directories.slice(1).map((bytes, index) => [SLOT.alternateFirst + index, bytes] as const),
    ...(plan.cms === undefined ? [] : [[SLOT.cms, blob(BLOB_MAGIC.cms, message)] as const]),
    ...(plan.ticket === undefined ? [] : [[SLOT.ticket, blob(0xfade7070, plan.ticket)] as const]),
  ])
}

const HEADER_SIZE = 32
const SEGMENT_64 = 0x19

/** Where the command of `__LINKEDIT` begins. */
function linkeditCommand(image: Buffer): number {
  let at = HEADER_SIZE
  for (let index = 0; index < image.readUInt32LE(16); index++) {
    const isLinkedit =
      image.readUInt32LE(at) === SEGMENT_64 &&
      image.toString('latin1', at + 8, at + 18) === '__LINKEDIT'
    if (isLinkedit) return at
    at += image.readUInt32LE(at + 4)
  }
  throw new Error('The image has no __LINKEDIT to sign into.')
}

/**
 * Signs an image that `writeImage` made: adds LC_CODE_SIGNATURE in its slack and the signature at
 * the end of `__LINKEDIT`, which must be the end of the file.
 */
export function signImage(image: Uint8Array, plan: SigningPlan): Buffer {
  const aligned = Math.ceil(image.length / 16) * 16
  const code = Buffer.alloc(aligned)
  code.set(image)
  const commandsEnd = HEADER_SIZE + code.readUInt32LE(20)
  const linkedit = linkeditCommand(code)
  // Sizes first: the hashes are over a header that already says where the signature lies.
  const size = makeSignature(code, plan).length + 64
  code.writeUInt32LE(0x1d, commandsEnd)
  code.writeUInt32LE(16, commandsEnd + 4)
  code.writeUInt32LE(aligned, commandsEnd + 8)
  code.writeUInt32LE(size, commandsEnd + 12)
  code.writeUInt32LE(code.readUInt32LE(16) + 1, 16)
  code.writeUInt32LE(code.readUInt32LE(20) + 16, 20)
  const offset = Number(code.readBigUInt64LE(linkedit + 40))
  code.writeBigUInt64LE(BigInt(aligned + size - offset), linkedit + 48)
  const signature = makeSignature(code, plan)
  return Buffer.concat([code, signature, Buffer.alloc(size - signature.length)])
}
