import type { Budget } from '../bytes/budget.ts'
import { ByteView } from '../bytes/view.ts'
import { AnalysisError, type Problem } from '../errors.ts'

// SuperBlob, big endian: magic 0xfade0cc0, length, count, count × { slot, offset }. Each blob
// begins with its own magic and length.
const SUPER_BLOB = 0xfade0cc0
const BLOBS_MAX = 64

/** Magics of blobs. */
export const BLOB_MAGIC = {
  requirement: 0xfade0c00,
  requirements: 0xfade0c01,
  codeDirectory: 0xfade0c02,
  cms: 0xfade0b01,
  entitlements: 0xfade7171,
  entitlementsDer: 0xfade7172,
  launchConstraint: 0xfade8181,
} as const

/** Slots of a SuperBlob. */
export const SLOT = {
  codeDirectory: 0,
  infoPlist: 1,
  requirements: 2,
  resources: 3,
  application: 4,
  entitlements: 5,
  representation: 6,
  entitlementsDer: 7,
  constraintSelf: 8,
  constraintParent: 9,
  constraintResponsible: 10,
  libraryConstraint: 11,
  alternateFirst: 0x1000,
  alternateLast: 0x1004,
  cms: 0x10000,
  identification: 0x10001,
  ticket: 0x10002,
} as const

const NAMES: Readonly<Record<number, string>> = {
  0: 'code directory',
  1: 'Info.plist',
  2: 'requirements',
  3: 'resources',
  4: 'application',
  5: 'entitlements',
  6: 'representation',
  7: 'entitlements (DER)',
  8: 'launch constraint self',
  9: 'launch constraint parent',
  10: 'launch constraint responsible',
  11: 'library constraint',
  0x10000: 'CMS signature',
  0x10001: 'identification',
  0x10002: 'notarization ticket',
}

/** What a slot is called in reports. */
export function slotName(slot: number): string {
  const isAlternate = slot >= SLOT.alternateFirst && slot <= SLOT.alternateLast
  if (isAlternate) return `alternate code directory ${slot - SLOT.alternateFirst + 1}`
  return NAMES[slot] ?? `slot ${slot}`
}

/** One blob of a signature. */
export interface SignatureBlob {
  readonly slot: number
  readonly magic: number
  /** With its header of eight bytes: this is what slot hashes are over. */
  readonly view: ByteView
  /** Without the header. */
  readonly content: ByteView
}

/** The parts of an embedded signature. */
export interface SuperBlob {
  readonly length: number
  readonly blobs: readonly SignatureBlob[]
  readonly problems: readonly Problem[]
}

function readBlob(view: ByteView, slot: number, offset: number): SignatureBlob {
  const length = view.u32(offset + 4)
  const blob = view.slice(offset, Math.max(8, length))
  return { slot, magic: blob.u32(0), view: blob, content: blob.from(8) }
}

/**
 * Reads the SuperBlob of LC_CODE_SIGNATURE. Of two blobs in one slot the first counts, as the
 * kernel has it, and the other is a problem.
 *
 * @param bytes From the beginning of the signature; padding may follow.
 * @throws      AnalysisError ERR_ANALYSIS_MALFORMED when it is none, ERR_ANALYSIS_TRUNCATED.
 * @see         Apple, xnu: osfmk/kern/cs_blobs.h.
 */
export function readSuperBlob(bytes: Uint8Array, budget: Budget): SuperBlob {
  const all = new ByteView(bytes, 'big')
  if (all.u32(0) !== SUPER_BLOB) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The signature has no magic of a SuperBlob.')
  }
  const view = all.slice(0, all.u32(4))
  const count = view.u32(8)
  const blobs: SignatureBlob[] = []
  const problems: Problem[] = []
  const note = (code: Problem['code'], message: string) =>
    problems.push({ code, part: 'signature', message })
  for (let index = 0; index < count; index++) {
    if (index >= BLOBS_MAX) {
      note('ERR_ANALYSIS_LIMIT', `${count} blobs are announced; ${BLOBS_MAX} were read.`)
      break
    }
    budget.spendItems()
    const at = 12 + index * 8
    if (!view.has(at, 8)) {
      note('ERR_ANALYSIS_TRUNCATED', `${count} blobs are announced, ${index} were read.`)
      break
    }
    const slot = view.u32(at)
    const offset = view.u32(at + 4)
    if (!view.has(offset, 8) || !view.has(offset, view.u32(offset + 4))) {
      note('ERR_ANALYSIS_TRUNCATED', `The ${slotName(slot)} reaches beyond the signature.`)
    } else if (blobs.some((one) => one.slot === slot)) {
      note('ERR_ANALYSIS_MALFORMED', `The ${slotName(slot)} stands twice.`)
    } else {
      blobs.push(readBlob(view, slot, offset))
    }
  }
  return { length: view.length, blobs, problems }
}
