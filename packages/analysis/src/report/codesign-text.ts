import type { CodeSignature } from '../code-signature/signature.ts'
import { SLOT } from '../code-signature/super-blob.ts'
import { timeText } from '../der/values.ts'
import type { MachOImage } from '../mach-o/image.ts'
import { displayName } from '../x509/chain.ts'

/** An image and its signature. */
export interface SignedImage {
  readonly image: MachOImage
  readonly signature: CodeSignature
}

function authorityLines({ cms, cmsSize }: CodeSignature): readonly string[] {
  if (cmsSize === undefined) return ['Signature=adhoc']
  const chain = cms?.chain?.certificates ?? []
  const { timestamp, signer } = cms ?? {}
  return [
    `Signature size=${cmsSize}`,
    ...chain.map((one) => `Authority=${displayName(one)}`),
    ...(timestamp === undefined ? [] : [`Timestamp=${timeText(timestamp.timeMs)}`]),
    ...(timestamp !== undefined || signer?.claimedTimeMs === undefined
      ? []
      : [`Signed Time=${timeText(signer.claimedTimeMs)}`]),
  ]
}

/**
 * What `codesign -dvvv` would print of an image, in its order and words. Times are in UTC, where it
 * prints the Mac's own; what it says of the bundle around the program is not known here.
 */
export function codesignText({ image, signature }: SignedImage): readonly string[] {
  const { best, directories, requirements, requirementsSize } = signature
  if (best === undefined) return []
  const { directory, slots } = best
  const flags = directory.flagNames.length === 0 ? 'none' : directory.flagNames.join(',')
  const size = signature.blobs.find(({ slot }) => slot === directory.slot)?.size ?? 0
  const [hashes, specials] = [directory.codeHashCount, directory.specialHashCount]
  const bound = slots.some(({ slot }) => slot === SLOT.infoPlist)
  const sealed = slots.some(({ slot }) => slot === SLOT.resources)
  const version = directory.version.toString(16)
  return [
    `Identifier=${directory.identifier}`,
    `Format=Mach-O thin (${image.header.architecture})`,
    `CodeDirectory v=${version} size=${size} flags=0x${directory.flags.toString(16)}(${flags}) ` +
      `hashes=${hashes}+${specials} location=embedded`,
    `Hash type=${directory.hashType} size=${directory.hashSize}`,
    ...directories.flatMap(({ directory: { hashType, cdhash, digestFull } }) => [
      `CandidateCDHash ${hashType}=${cdhash}`,
      `CandidateCDHashFull ${hashType}=${digestFull}`,
    ]),
    `Hash choices=${directories.map(({ directory: { hashType } }) => hashType).join(',')}`,
    `CDHash=${directory.cdhash}`,
    ...authorityLines(signature),
    `Info.plist=${bound ? 'bound' : 'not bound'}`,
    `TeamIdentifier=${directory.teamId ?? 'not set'}`,
    ...(directory.runtimeVersion === undefined
      ? []
      : [`Runtime Version=${directory.runtimeVersion}`]),
    `Sealed Resources=${sealed ? 'sealed' : 'none'}`,
    requirementsSize === undefined
      ? 'Internal requirements=none'
      : `Internal requirements count=${requirements.length} size=${requirementsSize}`,
  ]
}
