import type { Budget } from '../bytes/budget.ts'
import { attempt, type Problem } from '../errors.ts'
import type { Range } from '../mach-o/model.ts'
import type { PlistMap } from '../plist/value.ts'
import { readRequirementSet, type SignatureRequirement } from '../requirement/requirement-set.ts'
import type { TrustedRoot } from '../x509/chain.ts'
import { checkCms, type CmsCheck } from './cms-check.ts'
import { type CodeDirectory, readCodeDirectory } from './code-directory.ts'
import { checkCodeHashes, type CodeHashCheck } from './code-hashes.ts'
import {
  compareEntitlements,
  type EntitlementDifference,
  entitlementHash,
  readDerDictionary,
  readXmlEntitlements,
} from './entitlements.ts'
import { checkSlots, type SealedFiles, type SlotCheck } from './special-slots.ts'
import { readSuperBlob, type SignatureBlob, SLOT, slotName } from './super-blob.ts'

/** A code directory and what comparing it with the code and the slots found. */
export interface CheckedDirectory {
  readonly directory: CodeDirectory
  readonly code: CodeHashCheck
  readonly slots: readonly SlotCheck[]
}

/** A blob as reports list it. */
export interface BlobSummary {
  readonly slot: number
  readonly name: string
  readonly magic: number
  readonly size: number
}

/** A launch or library constraint. */
export interface LaunchConstraint {
  readonly name: string
  readonly value: PlistMap
}

/** The signature of one image, read and checked against its bytes. */
export interface CodeSignature {
  readonly size: number
  readonly blobs: readonly BlobSummary[]
  /** In the order of the slots; the first one is the one that CMS signs. */
  readonly directories: readonly CheckedDirectory[]
  /** The strongest directory: the one a Mac goes by. */
  readonly best?: CheckedDirectory
  readonly requirements: readonly SignatureRequirement[]
  readonly requirementsSize?: number
  readonly entitlements?: {
    readonly xml?: PlistMap
    readonly der?: PlistMap
    readonly differences: readonly EntitlementDifference[]
    /** MD5 over their names, as YARA-X has it; absent for none. */
    readonly hash?: string
  }
  readonly constraints: readonly LaunchConstraint[]
  readonly cms?: CmsCheck
  readonly cmsSize?: number
  /** Whether a ticket of the notary is inside or stapled; its contents are Apple's own. */
  readonly ticket: boolean
  readonly problems: readonly Problem[]
}

/** Code and the time and trust it is judged by. */
export interface SignatureInput extends SealedFiles {
  /** The image. */
  readonly bytes: Uint8Array
  /** LC_CODE_SIGNATURE. */
  readonly range: Range
  readonly roots: readonly TrustedRoot[]
  /** Milliseconds since 1970: judges chains that no timestamp dates. */
  readonly nowMs: number
}

interface Reading {
  readonly input: SignatureInput
  readonly budget: Budget
  readonly blobs: readonly SignatureBlob[]
  readonly problems: Problem[]
}

function readPart<Value>(reading: Reading, part: string, read: () => Value): Value | undefined {
  const result = attempt(part, read)
  if (result.ok) return result.value
  reading.problems.push(result.problem)
  return undefined
}

function blobAt({ blobs }: Reading, slot: number): SignatureBlob | undefined {
  return blobs.find((blob) => blob.slot === slot)
}

const isDirectorySlot = (slot: number): boolean =>
  slot === SLOT.codeDirectory || (slot >= SLOT.alternateFirst && slot <= SLOT.alternateLast)

function readDirectories(reading: Reading): readonly CheckedDirectory[] {
  const { blobs, input } = reading
  const { bytes, infoPlist, resources } = input
  const files = {
    ...(infoPlist !== undefined && { infoPlist }),
    ...(resources !== undefined && { resources }),
  }
  const found = blobs
    .filter(({ slot }) => isDirectorySlot(slot))
    .toSorted((a, b) => a.slot - b.slot)
    .flatMap((blob) => readPart(reading, slotName(blob.slot), () => readCodeDirectory(blob)) ?? [])
  for (const { hasScatter, slot } of found) {
    if (!hasScatter) continue
    const message = 'It hashes scattered parts, which are not followed.'
    reading.problems.push({ code: 'ERR_ANALYSIS_MALFORMED', part: slotName(slot), message })
  }
  return found.map((directory) => ({
    directory,
    code: checkCodeHashes(bytes, directory),
    slots: checkSlots({ directory, blobs, files }),
  }))
}

function readEntitlements(reading: Reading): Pick<CodeSignature, 'entitlements'> {
  const { budget } = reading
  const xmlBlob = blobAt(reading, SLOT.entitlements)
  const derBlob = blobAt(reading, SLOT.entitlementsDer)
  if (xmlBlob === undefined && derBlob === undefined) return {}
  const xml =
    xmlBlob && readPart(reading, 'entitlements', () => readXmlEntitlements(xmlBlob.content, budget))
  const der =
    derBlob &&
    readPart(reading, 'entitlements (DER)', () => readDerDictionary(derBlob.content, budget))
  const differences =
    xml !== undefined && der !== undefined ? compareEntitlements({ xml, der }) : []
  const hash = xml === undefined ? undefined : entitlementHash(xml)
  return {
    entitlements: {
      ...(hash !== undefined && { hash }),
      ...(xml !== undefined && { xml }),
      ...(der !== undefined && { der }),
      differences,
    },
  }
}

function readConstraints(reading: Reading): readonly LaunchConstraint[] {
  return reading.blobs
    .filter(({ slot }) => slot >= SLOT.constraintSelf && slot <= SLOT.libraryConstraint)
    .flatMap(({ slot, content }) => {
      const name = slotName(slot)
      const value = readPart(reading, name, () => readDerDictionary(content, reading.budget))
      return value === undefined ? [] : [{ name, value }]
    })
}

function readCms(reading: Reading, directories: readonly CheckedDirectory[]) {
  const blob = blobAt(reading, SLOT.cms)
  const primary = blobAt(reading, SLOT.codeDirectory)
  // Ad-hoc signatures may carry a wrapper with nothing in it.
  if (blob === undefined || blob.content.length === 0 || primary === undefined) return {}
  const { roots, nowMs } = reading.input
  const cms = readPart(reading, 'CMS signature', () =>
    checkCms(
      {
        message: blob.content.bytes,
        primary: primary.view.bytes,
        directories: directories.map(({ directory }) => directory),
        roots,
        nowMs,
      },
      reading.budget,
    ),
  )
  if (cms !== undefined) reading.problems.push(...cms.problems)
  return { ...(cms !== undefined && { cms }), cmsSize: blob.content.length }
}

/**
 * Reads the signature of an image and checks it against the bytes: pages, slots, CMS, chain.
 *
 * @returns What was read; what could not be is in `problems`. Nothing is thrown for bad bytes.
 */
export function readCodeSignature(input: SignatureInput, budget: Budget): CodeSignature {
  const { bytes, range } = input
  const end = Math.min(range.offset + range.size, bytes.length)
  const own = bytes.subarray(Math.min(range.offset, end), end)
  const superBlob = attempt('signature', () => readSuperBlob(own, budget))
  const { blobs, length, problems } = superBlob.ok
    ? superBlob.value
    : { blobs: [], length: 0, problems: [superBlob.problem] }
  const reading: Reading = { input, budget, blobs, problems: [...problems] }
  const directories = readDirectories(reading)
  const best = directories.toSorted((a, b) => b.directory.rank - a.directory.rank)[0]
  const set = blobAt(reading, SLOT.requirements)
  const requirements =
    set && readPart(reading, 'requirements', () => readRequirementSet(set.view, budget))
  return {
    size: length,
    blobs: blobs.map(({ slot, magic, view }) => {
      return { slot, name: slotName(slot), magic, size: view.length }
    }),
    directories,
    ...(best !== undefined && { best }),
    requirements: requirements ?? [],
    ...(set !== undefined && { requirementsSize: set.view.length }),
    ...readEntitlements(reading),
    constraints: readConstraints(reading),
    ...readCms(reading, directories),
    ticket: blobAt(reading, SLOT.ticket) !== undefined || input.ticketStapled === true,
    problems: reading.problems,
  }
}
