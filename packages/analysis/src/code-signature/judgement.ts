import { assertNever } from '../assert-never.ts'
import type { PlistMap } from '../plist/value.ts'
import { type CodeFacts, evaluateRequirement, type Satisfied } from '../requirement/evaluate.ts'
import { displayName } from '../x509/chain.ts'
import { isCmsTrusted } from './cms-check.ts'
import { isCodeIntact } from './code-hashes.ts'
import { type Finding, signatureFindings } from './findings.ts'
import type { CodeSignature } from './signature.ts'

/** How code is signed, whether or not the signature holds. */
export type SignatureKind = 'unsigned' | 'linker-signed' | 'adhoc' | 'signed' | 'unreadable'

/** Whose policy would let the code run, as `spctl` names its sources. */
export type PredictedSource =
  | 'Apple System'
  | 'Mac App Store'
  | 'Notarized Developer ID'
  | 'Developer ID'
  | 'Unnotarized Developer ID'
  | 'no usable signature'

/** What a signature comes to. */
export interface SignatureJudgement {
  readonly kind: SignatureKind
  /**
   * Whether the seal holds and, where somebody signed, the signature down to a trusted root.
   * Whether it is what its own requirement names is `designated`: `codesign --verify` tells the two
   * apart as well.
   */
  readonly valid: boolean
  /** Names of the certificates, from the signer's on. */
  readonly authorities: readonly string[]
  /** Whether the code has what its own designated requirement asks for. */
  readonly designated?: Satisfied
  /** What Gatekeeper would go by. Predicted: revocation and notarization are asked online. */
  readonly predicted: { readonly source: PredictedSource; readonly reason: string }
  readonly findings: readonly Finding[]
}

/** Extensions by which Apple says what a certificate is for. */
const DEVELOPER_ID = '1.2.840.113635.100.6.1.13'
const APP_STORE = '1.2.840.113635.100.6.1.9'
/** From this day on Developer ID software had to be notarized: macOS 10.14.5. */
const NOTARIZATION_MS = Date.UTC(2019, 3, 7)

function kindOf(signature: CodeSignature | undefined): SignatureKind {
  if (signature === undefined) return 'unsigned'
  const { best, cmsSize } = signature
  if (best === undefined) return 'unreadable'
  if (cmsSize !== undefined) return 'signed'
  return best.directory.flagNames.includes('linker-signed') ? 'linker-signed' : 'adhoc'
}

/** Whether pages and slots are as every directory has them. */
function isIntact({ directories }: CodeSignature): boolean {
  return directories.every(({ code, slots, directory }) => {
    const isWhole = slots.every(({ state }) => state === 'right' || state === 'not_given')
    return isCodeIntact(code) && isWhole && !directory.hasScatter
  })
}

/** The entitlements that the kernel goes by: the DER where there is one. */
export function effectiveEntitlements(signature: CodeSignature): PlistMap | undefined {
  return signature.entitlements?.der ?? signature.entitlements?.xml
}

/** What requirements can be put to. */
export function codeFacts(signature: CodeSignature, info: PlistMap | undefined): CodeFacts {
  const { best, cms, directories } = signature
  const trusted = cms !== undefined && isCmsTrusted(cms)
  const entitlements = effectiveEntitlements(signature)
  return {
    identifier: best?.directory.identifier ?? '',
    cdhashes: directories.map(({ directory }) => directory.cdhash),
    certificates: trusted ? (cms.chain?.certificates ?? []) : [],
    appleRoot: trusted,
    platform: best?.directory.platform ?? 0,
    ...(info !== undefined && { info }),
    ...(entitlements !== undefined && { entitlements }),
    ...(signature.ticket && { notarized: true }),
  }
}

function predict(signature: CodeSignature | undefined, valid: boolean) {
  if (signature === undefined) {
    return { source: 'no usable signature', reason: 'It is not signed.' } as const
  }
  const { cms, ticket } = signature
  if (cms === undefined) {
    const reason = 'It is signed ad hoc: nobody vouches for it.'
    return { source: 'no usable signature', reason } as const
  }
  if (!valid) {
    return { source: 'no usable signature', reason: 'The signature does not hold.' } as const
  }
  const facts = codeFacts(signature, undefined)
  if (evaluateRequirement({ kind: 'appleAnchor' }, facts) === true) {
    return { source: 'Apple System', reason: 'Apple signed it as its own.' } as const
  }
  const [leaf] = facts.certificates
  if (leaf?.extensions.has(APP_STORE) === true) {
    return { source: 'Mac App Store', reason: 'Apple signed it for the App Store.' } as const
  }
  if (leaf?.extensions.has(DEVELOPER_ID) !== true) {
    const reason = 'The certificate is not for distribution outside of the App Store.'
    return { source: 'no usable signature', reason } as const
  }
  if (ticket) {
    const reason = 'A ticket of the notary is stapled; its contents were not read.'
    return { source: 'Notarized Developer ID', reason } as const
  }
  if (cms.timestamp?.trusted === true && cms.timestamp.timeMs < NOTARIZATION_MS) {
    const reason = 'It was signed before notarization was asked for.'
    return { source: 'Developer ID', reason } as const
  }
  const reason = 'No ticket is stapled; whether Apple has one is only known online.'
  return { source: 'Developer ID', reason } as const
}

/**
 * Says what a signature comes to.
 *
 * @param signature undefined for an image without LC_CODE_SIGNATURE.
 * @param info      Info.plist of the bundle or of the program, for requirements that ask for it.
 */
export function judgeSignature(
  signature: CodeSignature | undefined,
  info?: PlistMap,
): SignatureJudgement {
  const kind = kindOf(signature)
  if (signature === undefined) {
    return {
      kind,
      valid: false,
      authorities: [],
      predicted: predict(signature, false),
      findings: [],
    }
  }
  const facts = codeFacts(signature, info)
  const designated = signature.requirements.find(({ type }) => type === 'designated')
  const satisfied = designated && evaluateRequirement(designated.requirement, facts)
  const intact = isIntact(signature)
  const proved = signature.cms !== undefined && isCmsTrusted(signature.cms)
  const valid = validity({ kind, intact, proved })
  return {
    kind,
    valid,
    authorities: (signature.cms?.chain?.certificates ?? []).map(displayName),
    ...(designated !== undefined && { designated: satisfied }),
    predicted: predict(signature, valid),
    findings: signatureFindings({ signature, facts, designated: satisfied }),
  }
}

interface Proof {
  readonly kind: SignatureKind
  readonly intact: boolean
  readonly proved: boolean
}

function validity({ kind, intact, proved }: Proof): boolean {
  switch (kind) {
    case 'unsigned':
    case 'unreadable':
      return false
    case 'linker-signed':
    case 'adhoc':
      return intact
    case 'signed':
      return intact && proved
    default:
      return assertNever(kind)
  }
}
