import type { Budget } from '../bytes/budget.ts'
import { ByteView } from '../bytes/view.ts'
import {
  childrenOf,
  type DerElement,
  expectTag,
  isContext,
  isTag,
  readElement,
  TAG,
} from '../der/element.ts'
import { integerValue, octets, oidText } from '../der/values.ts'
import { AnalysisError, attempt } from '../errors.ts'
import { type Certificate, readCertificate, readName } from '../x509/certificate.ts'
import { DIGESTS } from '../x509/signature-algorithm.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'

/** One signature of a CMS message. */
export interface SignerInfo {
  /** Issuer and serial number of the signer's certificate, or its key identifier. */
  readonly signer:
    | { readonly issuer: string; readonly serial: string }
    | { readonly keyIdentifier: string }
  /** As Node names it; undefined for algorithms nobody uses here. */
  readonly digest?: string
  readonly signatureAlgorithm: string
  readonly signature: Uint8Array
  /** What the signature is over when there are signed attributes: their SET in DER. */
  readonly signedAttributes?: Uint8Array
  /** Values of the attributes by identifier. */
  readonly signed: ReadonlyMap<string, readonly DerElement[]>
  readonly unsigned: ReadonlyMap<string, readonly DerElement[]>
}

/** A CMS message of signed data. */
export interface SignedData {
  /** Absent where the signature is detached. */
  readonly content?: Uint8Array
  readonly certificates: readonly Certificate[]
  /** Certificates that cannot be read. */
  readonly certificatesDamaged: number
  readonly signers: readonly SignerInfo[]
}

const oidOf = (element: DerElement | undefined): string =>
  oidText(expectTag(element, TAG.oid).content)

function readAttributes(element: DerElement | undefined, budget: Budget) {
  const found = new Map<string, readonly DerElement[]>()
  for (const attribute of element === undefined ? [] : childrenOf(element, budget)) {
    const [type, values] = childrenOf(attribute, budget)
    const oid = oidOf(type)
    // Two attributes of one type would let two readers see two values: RFC 5652, 5.3.
    if (found.has(oid)) {
      throw new AnalysisError('ERR_ANALYSIS_MALFORMED', `The attribute ${oid} stands twice.`)
    }
    found.set(oid, childrenOf(expectTag(values, TAG.set), budget))
  }
  return found
}

function readSignerName(element: DerElement | undefined, budget: Budget): SignerInfo['signer'] {
  if (isContext(element, 0)) {
    return { keyIdentifier: Buffer.from(element.content.bytes).toString('hex') }
  }
  const [issuer, serial] = childrenOf(expectTag(element, TAG.sequence), budget)
  return {
    issuer: readName(expectTag(issuer, TAG.sequence), budget).der,
    serial: integerValue(expectTag(serial, TAG.integer)).toString(16),
  }
}

/** The attributes as they were signed: with the tag of SET in place of [0]. */
function signedForm({ whole }: DerElement): Uint8Array {
  const copy = Uint8Array.from(whole.bytes)
  copy[0] = 0x31
  return copy
}

function readSigner(element: DerElement, budget: Budget): SignerInfo {
  const fields = childrenOf(expectTag(element, TAG.sequence), budget)
  const [, name, digest, ...rest] = fields
  const attributes = isContext(rest[0], 0) ? rest.shift() : undefined
  const [algorithm, signature, unsigned] = rest
  const [digestOid] = childrenOf(expectTag(digest, TAG.sequence), budget)
  const [signatureOid] = childrenOf(expectTag(algorithm, TAG.sequence), budget)
  const known = DIGESTS[oidOf(digestOid)]
  return {
    signer: readSignerName(name, budget),
    ...(known !== undefined && { digest: known }),
    signatureAlgorithm: oidOf(signatureOid),
    signature: octets(expectTag(signature, TAG.octetString), budget),
    ...(attributes !== undefined && { signedAttributes: signedForm(attributes) }),
    signed: readAttributes(attributes, budget),
    unsigned: readAttributes(isContext(unsigned, 1) ? unsigned : undefined, budget),
  }
}

function readCertificates(element: DerElement | undefined, budget: Budget) {
  const certificates: Certificate[] = []
  let damaged = 0
  for (const one of element === undefined ? [] : childrenOf(element, budget)) {
    if (!isTag(one, TAG.sequence)) continue
    const read = attempt('certificate', () => readCertificate(one.whole, budget))
    if (read.ok) certificates.push(read.value)
    else damaged += 1
  }
  return { certificates, certificatesDamaged: damaged }
}

/**
 * Reads ContentInfo with SignedData. Nothing is verified here.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED, ERR_ANALYSIS_MALFORMED or ERR_ANALYSIS_LIMIT.
 * @see    RFC 5652, sections 3 and 5.
 */
export function readSignedData(bytes: Uint8Array, budget: Budget): SignedData {
  const message = expectTag(readElement(new ByteView(bytes, 'big'), 0, budget), TAG.sequence)
  const [type, wrapped] = childrenOf(message, budget)
  if (oidOf(type) !== SIGNED_DATA || !isContext(wrapped, 0)) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The message holds no signed data.')
  }
  const [data] = childrenOf(wrapped, budget)
  const fields = childrenOf(expectTag(data, TAG.sequence), budget)
  const [, , inner, ...rest] = fields
  const [, content] = childrenOf(expectTag(inner, TAG.sequence), budget)
  const [holder] = isContext(content, 0) ? childrenOf(content, budget) : []
  const signers = rest.findLast((one) => isTag(one, TAG.set))
  return {
    ...(holder !== undefined && { content: octets(holder, budget) }),
    ...readCertificates(
      rest.find((one) => isContext(one, 0)),
      budget,
    ),
    signers: childrenOf(expectTag(signers, TAG.set), budget).map((one) => readSigner(one, budget)),
  }
}
