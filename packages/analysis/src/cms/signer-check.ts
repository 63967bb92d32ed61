import { hash } from 'node:crypto'
import type { Budget } from '../bytes/budget.ts'
import { isTag, TAG } from '../der/element.ts'
import { octets, timeValue } from '../der/values.ts'
import { attempt } from '../errors.ts'
import type { Certificate } from '../x509/certificate.ts'
import { isSignatureRight } from '../x509/signature-algorithm.ts'
import type { SignedData, SignerInfo } from './signed-data.ts'

const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_TIME = '1.2.840.113549.1.9.5'
const KEY_IDENTIFIER = '2.5.29.14'

/** What checking one signer found. */
export interface SignerCheck {
  /** The signer's certificate; absent when the message does not hold it. */
  readonly certificate?: Certificate
  /** Whether the digest that was signed is that of the content. */
  readonly digestRight: boolean
  /** Whether the signature over the attributes, or the content, is right. */
  readonly signatureRight: boolean
  /** When the signer says it was signed, in milliseconds since 1970: nobody vouches for it. */
  readonly claimedTimeMs?: number
}

function certificateOf({ signer }: SignerInfo, { certificates }: SignedData) {
  return certificates.find(({ issuer, serial, extensions }) => {
    if ('issuer' in signer) return issuer.der === signer.issuer && serial === signer.serial
    const identifier = extensions.get(KEY_IDENTIFIER)
    // OCTET STRING inside of the extension's own: two bytes of header.
    const own = identifier === undefined ? '' : Buffer.from(identifier.subarray(2)).toString('hex')
    return own === signer.keyIdentifier
  })
}

function signedDigest({ signed }: SignerInfo, budget: Budget): Uint8Array | undefined {
  const [value] = signed.get(MESSAGE_DIGEST) ?? []
  return isTag(value, TAG.octetString) ? octets(value, budget) : undefined
}

function claimedTime({ signed }: SignerInfo): number | undefined {
  const [value] = signed.get(SIGNING_TIME) ?? []
  if (value === undefined) return undefined
  const read = attempt('signing time', () => timeValue(value))
  return read.ok ? read.value : undefined
}

/** A message, one of its signers and what was signed. */
export interface SignerInput {
  readonly message: SignedData
  readonly signer: SignerInfo
  readonly content: Uint8Array
}

/**
 * Checks one signature of a message against its content. The chain is another question.
 *
 * @throws AnalysisError ERR_ANALYSIS_LIMIT.
 */
export function checkSigner(
  { message, signer, content }: SignerInput,
  budget: Budget,
): SignerCheck {
  const certificate = certificateOf(signer, message)
  const { digest, signedAttributes, signature, signatureAlgorithm } = signer
  const wanted = signedDigest(signer, budget)
  const isPlain = signedAttributes === undefined
  const digestRight =
    isPlain ||
    (digest !== undefined &&
      wanted !== undefined &&
      Buffer.compare(hash(digest, content, 'buffer'), wanted) === 0)
  const claimedTimeMs = claimedTime(signer)
  const signatureRight =
    certificate !== undefined &&
    isSignatureRight({
      signed: signedAttributes ?? content,
      signature,
      publicKey: certificate.publicKey,
      algorithm: signatureAlgorithm,
      ...(digest !== undefined && { digest }),
    })
  return {
    ...(certificate !== undefined && { certificate }),
    digestRight,
    signatureRight,
    ...(claimedTimeMs !== undefined && { claimedTimeMs }),
  }
}
