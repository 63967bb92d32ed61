import { createPublicKey, hash, type KeyObject, sign } from 'node:crypto'
import type { TrustedRoot } from '../x509/chain.ts'
import { der, DER_TAG, derAlgorithm, derInteger, derOid, derText, derTime } from './der-writer.ts'

// A certificate authority for tests. Its keys come from the test; nothing of it is trusted unless a
// test says so.
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'
const NAMES = { CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11', C: '2.5.4.6' } as const

/** A name of a test certificate. */
export type TestName = Partial<Readonly<Record<keyof typeof NAMES, string>>>

/** A certificate with its key. */
export interface TestIdentity {
  readonly certificate: Buffer
  readonly name: TestName
  readonly issuer: TestName
  readonly serial: number
  readonly privateKey: KeyObject
}

/** A certificate to make. */
export interface CertificatePlan {
  readonly name: TestName
  readonly privateKey: KeyObject
  /** Absent for one that signs itself. */
  readonly issuer?: TestIdentity
  readonly serial: number
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly authority?: boolean
  /** Identifiers of extensions whose presence is all they say. */
  readonly marks?: readonly string[]
  /** Whether it may name times. */
  readonly timestamping?: boolean
}

function nameDer(name: TestName): Buffer {
  const parts = Object.entries(NAMES).flatMap(([key, oid]) => {
    // Object.entries forgets which keys there are.
    const value = name[key as keyof TestName]
    if (value === undefined) return []
    return [der(DER_TAG.set, der(DER_TAG.sequence, derOid(oid), derText(value)))]
  })
  return der(DER_TAG.sequence, ...parts)
}

const extension = (oid: string, value: Uint8Array): Buffer =>
  der(DER_TAG.sequence, derOid(oid), der(DER_TAG.octetString, value))

function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' })
}

/** Makes a certificate, signed with RSA and SHA-256. */
export function makeCertificate(plan: CertificatePlan): TestIdentity {
  const { name, privateKey, issuer, serial, authority = false, marks = [] } = plan
  const extensions = [
    ...(authority
      ? [extension('2.5.29.19', der(DER_TAG.sequence, der(DER_TAG.boolean, Buffer.of(0xff))))]
      : []),
    ...(plan.timestamping === true
      ? [extension('2.5.29.37', der(DER_TAG.sequence, derOid('1.3.6.1.5.5.7.3.8')))]
      : []),
    ...marks.map((oid) => extension(oid, der(DER_TAG.null))),
  ]
  const body = der(
    DER_TAG.sequence,
    der(0xa0, derInteger(2)),
    derInteger(serial),
    derAlgorithm(SHA256_WITH_RSA),
    nameDer(issuer?.name ?? name),
    der(DER_TAG.sequence, derTime(plan.notBeforeMs), derTime(plan.notAfterMs)),
    nameDer(name),
    publicKeyOf(privateKey),
    der(0xa3, der(DER_TAG.sequence, ...extensions)),
  )
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey)
  const certificate = der(
    DER_TAG.sequence,
    body,
    derAlgorithm(SHA256_WITH_RSA),
    der(DER_TAG.bitString, Buffer.of(0), signature),
  )
  return { certificate, name, issuer: issuer?.name ?? name, serial, privateKey }
}

/** A test root as something to trust. */
export function trustedRoot({ certificate, name, privateKey }: TestIdentity): TrustedRoot {
  return {
    name: name.CN ?? '',
    sha256: hash('sha256', certificate, 'hex'),
    subject: nameDer(name).toString('hex'),
    publicKey: publicKeyOf(privateKey),
  }
}

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const DATA = '1.2.840.113549.1.7.1'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const RSA = '1.2.840.113549.1.1.1'

/** A message to sign. */
export interface MessagePlan {
  readonly signer: TestIdentity
  readonly certificates: readonly Uint8Array[]
  readonly content: Uint8Array
  /** Put into the message, under this type; otherwise the signature is detached. */
  readonly contentType?: string
  /** Attributes besides the type of the content and its digest. */
  readonly attributes?: readonly (readonly [oid: string, value: Uint8Array])[]
  /** Makes the token that dates a signature. */
  readonly timestamp?: (signature: Uint8Array) => Uint8Array
}

const attribute = (oid: string, value: Uint8Array): Buffer =>
  der(DER_TAG.sequence, derOid(oid), der(DER_TAG.set, value))

/** Signs a message as CMS has it. */
export function signMessage(plan: MessagePlan): Buffer {
  const { signer, certificates, content, contentType, attributes = [], timestamp } = plan
  const digest = hash('sha256', content, 'buffer')
  const signed = Buffer.concat([
    attribute('1.2.840.113549.1.9.3', derOid(contentType ?? DATA)),
    attribute('1.2.840.113549.1.9.4', der(DER_TAG.octetString, digest)),
    ...attributes.map(([oid, value]) => attribute(oid, value)),
  ])
  const signature = sign('sha256', der(DER_TAG.set, signed), signer.privateKey)
  const token = timestamp?.(signature)
  const info = der(
    DER_TAG.sequence,
    derInteger(1),
    der(DER_TAG.sequence, nameDer(signer.issuer), derInteger(signer.serial)),
    derAlgorithm(SHA256),
    der(0xa0, signed),
    derAlgorithm(RSA),
    der(DER_TAG.octetString, signature),
    ...(token === undefined ? [] : [der(0xa1, attribute('1.2.840.113549.1.9.16.2.14', token))]),
  )
  const inner =
    contentType === undefined
      ? der(DER_TAG.sequence, derOid(DATA))
      : der(DER_TAG.sequence, derOid(contentType), der(0xa0, der(DER_TAG.octetString, content)))
  const data = der(
    DER_TAG.sequence,
    derInteger(contentType === undefined ? 1 : 3),
    der(DER_TAG.set, derAlgorithm(SHA256)),
    inner,
    der(0xa0, ...certificates),
    der(DER_TAG.set, info),
  )
  return der(DER_TAG.sequence, derOid(SIGNED_DATA), der(0xa0, data))
}

/** Makes a timestamp token over a signature. */
export function makeTimestamp(
  authority: { readonly signer: TestIdentity; readonly certificates: readonly Uint8Array[] },
  timeMs: number,
): (signature: Uint8Array) => Buffer {
  return (signature) =>
    signMessage({
      ...authority,
      contentType: '1.2.840.113549.1.9.16.1.4',
      content: der(
        DER_TAG.sequence,
        derInteger(1),
        derOid('1.2.3.4.1'),
        der(
          DER_TAG.sequence,
          derAlgorithm(SHA256),
          der(DER_TAG.octetString, hash('sha256', signature, 'buffer')),
        ),
        derInteger(7),
        derTime(timeMs),
      ),
    })
}
