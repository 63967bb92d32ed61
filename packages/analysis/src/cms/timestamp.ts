import { hash } from 'node:crypto'
import type { Budget } from '../bytes/budget.ts'
import { ByteView } from '../bytes/view.ts'
import { childrenOf, expectTag, isTag, readElement, TAG } from '../der/element.ts'
import { octets, oidText, timeValue } from '../der/values.ts'
import { AnalysisError } from '../errors.ts'
import { buildChain, type Chain, type TrustedRoot } from '../x509/chain.ts'
import { DIGESTS } from '../x509/signature-algorithm.ts'
import { readSignedData, type SignerInfo } from './signed-data.ts'
import { checkSigner } from './signer-check.ts'

const TOKEN = '1.2.840.113549.1.9.16.2.14'
/** Extended key usage of a timestamp authority: without it any certificate could name times. */
const EXTENDED_KEY_USAGE = '2.5.29.37'
const TIME_STAMPING = Buffer.from('06082b06010505070308', 'hex')

/** A time that an authority vouches for. */
export interface Timestamp {
  readonly timeMs: number
  /** Whether the token is over this signature. */
  readonly imprintRight: boolean
  readonly signatureRight: boolean
  /** Whether the certificate is for naming times. */
  readonly purposeRight: boolean
  readonly chain?: Chain
  /** All of the above, and a chain to a trusted root. */
  readonly trusted: boolean
}

interface TokenContent {
  readonly digest?: string
  readonly imprint: Uint8Array
  readonly timeMs: number
}

// TSTInfo ::= SEQUENCE { version, policy, messageImprint { hashAlgorithm, hashedMessage },
//   serialNumber, genTime, … }
function readTokenContent(content: Uint8Array, budget: Budget): TokenContent {
  const info = expectTag(readElement(new ByteView(content, 'big'), 0, budget), TAG.sequence)
  const [, , message, , time] = childrenOf(info, budget)
  const [algorithm, imprint] = childrenOf(expectTag(message, TAG.sequence), budget)
  const [oid] = childrenOf(expectTag(algorithm, TAG.sequence), budget)
  const digest = DIGESTS[oidText(expectTag(oid, TAG.oid).content)]
  return {
    ...(digest !== undefined && { digest }),
    imprint: octets(expectTag(imprint, TAG.octetString), budget),
    timeMs: timeValue(expectTag(time, TAG.generalizedTime)),
  }
}

/** What a timestamp is checked with. */
export interface TimestampInput {
  readonly signer: SignerInfo
  readonly roots: readonly TrustedRoot[]
}

/**
 * Reads and checks the timestamp of a signature.
 *
 * @returns undefined when the signature has none.
 * @throws  AnalysisError when there is one that cannot be read.
 * @see     RFC 3161, section 2.4.2 and appendix A.
 */
export function readTimestamp(input: TimestampInput, budget: Budget): Timestamp | undefined {
  const [token] = input.signer.unsigned.get(TOKEN) ?? []
  if (token === undefined) return undefined
  const message = readSignedData(token.whole.bytes, budget)
  const [signer] = message.signers
  const { content } = message
  if (!isTag(token, TAG.sequence) || signer === undefined || content === undefined) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The timestamp has no content or signer.')
  }
  const { digest, imprint, timeMs } = readTokenContent(content, budget)
  const check = checkSigner({ message, signer, content }, budget)
  const { certificate } = check
  const imprintRight =
    digest !== undefined &&
    Buffer.compare(hash(digest, input.signer.signature, 'buffer'), imprint) === 0
  const usage = certificate?.extensions.get(EXTENDED_KEY_USAGE)
  const purposeRight = usage !== undefined && Buffer.from(usage).includes(TIME_STAMPING)
  const chain =
    certificate === undefined
      ? undefined
      : buildChain({
          leaf: certificate,
          others: message.certificates,
          roots: input.roots,
          atMs: timeMs,
        })
  const signatureRight = check.digestRight && check.signatureRight
  const chained = chain?.root !== undefined && chain.problems.length === 0
  return {
    timeMs,
    imprintRight,
    signatureRight,
    purposeRight,
    ...(chain !== undefined && { chain }),
    trusted: imprintRight && signatureRight && purposeRight && chained,
  }
}
