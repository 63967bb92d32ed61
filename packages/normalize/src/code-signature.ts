import type { EcsEvent } from '@pomona/schema'

type ProcessPart = NonNullable<EcsEvent['process']>
/** ECS `code_signature` of a process image. */
export type CodeSignature = NonNullable<ProcessPart['code_signature']>

// Names follow XNU's osfmk/kern/cs_blobs.h without the CS_ prefix.
const FLAG_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [0x0000_0001, 'valid'],
  [0x0000_0002, 'adhoc'],
  [0x0000_0004, 'get_task_allow'],
  [0x0000_0008, 'installer'],
  [0x0000_0010, 'forced_lv'],
  [0x0000_0020, 'invalid_allowed'],
  [0x0000_0100, 'hard'],
  [0x0000_0200, 'kill'],
  [0x0000_0400, 'check_expiration'],
  [0x0000_0800, 'restrict'],
  [0x0000_1000, 'enforcement'],
  [0x0000_2000, 'require_lv'],
  [0x0000_4000, 'entitlements_validated'],
  [0x0001_0000, 'runtime'],
  [0x0002_0000, 'linker_signed'],
  [0x0100_0000, 'killed'],
  [0x0400_0000, 'platform_binary'],
  [0x1000_0000, 'debugged'],
  [0x2000_0000, 'signed'],
]

const VALID = 0x1
const ADHOC = 0x2
const SIGNED = 0x2000_0000

/** Names of the code-signing flags that are set; bits without a known name are left out. */
export function flagNames(flags: number): readonly string[] {
  const names: string[] = []
  for (const [bit, name] of FLAG_NAMES) if ((flags & bit) !== 0) names.push(name)
  return names
}

/** What an Endpoint Security record says about the signature of a process. */
export interface SignatureFacts {
  readonly flags: number | undefined
  readonly signingId: string | undefined
  readonly teamId: string | undefined
  readonly platformBinary: boolean | undefined
}

function statusOf(flags: number, { platformBinary, teamId }: SignatureFacts): string {
  if ((flags & SIGNED) === 0) return 'unsigned'
  if ((flags & VALID) === 0) return 'invalid'
  // The boolean decides, not the platform flag: macOS 14 leaves that bit off on its own binaries.
  if (platformBinary === true) return 'trusted'
  if ((flags & ADHOC) !== 0) return 'adhoc'
  return teamId === undefined ? 'untrusted' : 'trusted'
}

/**
 * The signature of an image, from the kernel's facts.
 *
 * `trusted` is an approximation: the kernel holds the signature valid and it is Apple's or names a
 * developer team. The certificate chain, revocation and notarization were not evaluated.
 *
 * @returns A frozen object, or `undefined` when the record says nothing about the signature.
 */
export function codeSignature(facts: SignatureFacts): CodeSignature | undefined {
  const { flags, signingId, teamId } = facts
  if (flags === undefined && signingId === undefined && teamId === undefined) return undefined
  const names = flags === undefined ? [] : flagNames(flags)
  const status = flags === undefined ? undefined : statusOf(flags, facts)
  return Object.freeze({
    ...(flags !== undefined && {
      exists: (flags & SIGNED) !== 0,
      valid: (flags & VALID) !== 0,
      trusted: status === 'trusted',
    }),
    ...(status !== undefined && { status }),
    ...(signingId !== undefined && { signing_id: signingId }),
    ...(teamId !== undefined && { team_id: teamId }),
    ...(names.length > 0 && { flags: names }),
  })
}

/** Signatures kept; a Mac runs far fewer different binaries. */
const SIGNATURES_MAX = 4_096

/** Builds every signature once: all images of a binary share it. Starts over when full. */
export class CodeSignatures {
  readonly #known = new Map<string, CodeSignature | undefined>()

  /** The signature of an image; see {@link codeSignature}. */
  of(facts: SignatureFacts): CodeSignature | undefined {
    const { flags, signingId, teamId, platformBinary } = facts
    // A signing id may hold any character, so it stands last.
    const key = `${flags}/${platformBinary}/${teamId?.length}/${teamId}/${signingId}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= SIGNATURES_MAX) this.#known.clear()
    const built = codeSignature(facts)
    this.#known.set(key, built)
    return built
  }
}
