import { hash } from 'node:crypto'
import { Budget, type BudgetLimits } from '../bytes/budget.ts'
import { type CodeSignature, readCodeSignature } from '../code-signature/signature.ts'
import { attempt, type Problem } from '../errors.ts'
import type { MachOImage } from '../mach-o/image.ts'
import { isMachOFile, type MachOPart, readMachOFile } from '../mach-o/mach-o-file.ts'
import type { SealedFiles } from '../code-signature/special-slots.ts'
import { payloadKind } from '../mach-o/payload.ts'
import { readPlist } from '../plist/plist.ts'
import { type PlistMap, plistMap } from '../plist/value.ts'
import { ssdeep } from '../similarity/ssdeep.ts'
import { tlsh } from '../similarity/tlsh.ts'
import { APPLE_ROOTS } from '../x509/apple-roots.ts'
import type { TrustedRoot } from '../x509/chain.ts'
import { codesignText } from './codesign-text.ts'
import { imageReport, type ImageReport } from './image-report.ts'
import { scriptReport, type ScriptSummary } from './script-report.ts'
import { signatureReport, type SignatureReport } from './signature-report.ts'

/** What a file is judged with. */
export interface FileOptions {
  /** The time of the analysis, in milliseconds since 1970. */
  readonly nowMs: number
  /** Apple's, unless a test trusts others. */
  readonly roots?: readonly TrustedRoot[]
  readonly limits?: Partial<BudgetLimits>
  /** Without folders; with it scripts are read, some of which only their name tells. */
  readonly name?: string
  /** Whether ssdeep and TLSH are computed: some 300 ms for each MB. */
  readonly similarity?: boolean
  /** Of the main program of a bundle: what its signature seals beside it. */
  readonly sealed?: SealedFiles
}

function similarityOf(bytes: Uint8Array): Pick<FileReport, 'ssdeep' | 'tlsh'> {
  const local = tlsh(bytes)
  return { ssdeep: ssdeep(bytes), ...(local !== undefined && { tlsh: local }) }
}

/** One image of a file. */
export interface ImageFacts {
  readonly image?: ImageReport
  readonly signature?: SignatureReport
  /** The signature as `codesign -dvvv` lays it out. */
  readonly codesign?: readonly string[]
}

/** What a file is. */
export interface FileReport {
  readonly size: number
  readonly sha256: string
  /** `mach-o`, `mach-o-universal`, or what its first bytes say. */
  readonly type: string
  /** Digests of which like files have like parts. */
  readonly ssdeep?: string
  /** Absent also where the file is too short or too uniform. */
  readonly tlsh?: string
  readonly images: readonly ImageFacts[]
  /** What a script hides, does and names; only where the file's name was given. */
  readonly script?: ScriptSummary
  readonly problems: readonly Problem[]
}

/** Info.plist of a program that is no bundle: a section of its code. */
function infoPlist({ segments }: MachOImage, bytes: Uint8Array): Uint8Array | undefined {
  const section = segments
    .find(({ name }) => name === '__TEXT')
    ?.sections.find(({ name }) => name === '__info_plist')
  if (section === undefined) return undefined
  return bytes.subarray(section.offset, section.offset + section.size)
}

function readInfo(bytes: Uint8Array | undefined, budget: Budget): PlistMap | undefined {
  if (bytes === undefined) return undefined
  const read = attempt('Info.plist', () => readPlist(bytes, budget))
  return read.ok ? plistMap(read.value) : undefined
}

interface Judged {
  readonly signature?: CodeSignature
  readonly info?: PlistMap
}

function judged({ image, bytes }: MachOPart, options: FileOptions, budget: Budget): Judged {
  const range = image?.tables['LC_CODE_SIGNATURE']
  if (image === undefined || range === undefined) return {}
  const { nowMs, roots = APPLE_ROOTS, sealed = {} } = options
  const plist = sealed.infoPlist ?? infoPlist(image, bytes)
  const info = readInfo(plist, budget)
  const files = { ...sealed, ...(plist !== undefined && { infoPlist: plist }) }
  const signature = readCodeSignature({ bytes, range, roots, nowMs, ...files }, budget)
  return { signature, ...(info !== undefined && { info }) }
}

function imageFacts(part: MachOPart, options: FileOptions, budget: Budget): ImageFacts {
  const { image, slice } = part
  if (image === undefined) return {}
  const { signature, info } = judged(part, options, budget)
  return {
    image: imageReport(image, slice),
    signature: signatureReport(signature, info),
    ...(signature !== undefined && { codesign: codesignText({ image, signature }) }),
  }
}

/**
 * Says what a file is: its digest, the images in it, and who signed them. Containers are taken
 * apart by `unpack`, whose members can be given here one by one.
 *
 * @throws Never for what the bytes say.
 */
export function reportFile(bytes: Uint8Array, options: FileOptions): FileReport {
  const budget = new Budget(options.limits)
  const whole = {
    size: bytes.length,
    sha256: hash('sha256', bytes, 'hex'),
    type: payloadKind(bytes),
    ...(options.similarity === true && similarityOf(bytes)),
  }
  if (!isMachOFile(bytes)) {
    const script = options.name === undefined ? undefined : scriptReport(bytes, options.name)
    return { ...whole, images: [], ...(script !== undefined && { script }), problems: [] }
  }
  const file = readMachOFile(bytes, budget)
  return {
    ...whole,
    images: file.parts.map((part) => imageFacts(part, options, budget)),
    problems: file.problems,
  }
}
