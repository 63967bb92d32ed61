import { hash } from 'node:crypto'
import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import {
  childrenOf,
  type DerElement,
  expectTag,
  isContext,
  isTag,
  readElement,
  TAG,
} from '../der/element.ts'
import { integerValue, octets, oidText, stringValue, timeValue } from '../der/values.ts'

/** A distinguished name: its parts by their usual abbreviations, and its bytes. */
export interface DistinguishedName {
  /** `CN`, `O`, `OU`, `C`, …, or the dotted identifier; in order, with repetitions. */
  readonly parts: readonly (readonly [name: string, value: string])[]
  /** The DER of the whole name, in hexadecimal: names are compared by it. */
  readonly der: string
}

/** An X.509 certificate. */
export interface Certificate {
  readonly der: Uint8Array
  readonly sha1: string
  readonly sha256: string
  readonly serial: string
  readonly subject: DistinguishedName
  readonly issuer: DistinguishedName
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** Values of the extensions by identifier. */
  readonly extensions: ReadonlyMap<string, Uint8Array>
  /** Identifiers of the extensions that must be understood. */
  readonly critical: ReadonlySet<string>
  /** What the issuer signed, with which algorithm, and the signature. */
  readonly signed: Uint8Array
  readonly signatureAlgorithm: string
  readonly signature: Uint8Array
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.13': 'D',
  '0.9.2342.19200300.100.1.1': 'UID',
  '1.2.840.113549.1.9.1': 'email',
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Reads a Name. @throws AnalysisError when it is none. */
export function readName(element: DerElement, budget: Budget): DistinguishedName {
  const sets = childrenOf(expectTag(element, TAG.sequence), budget)
  const parts = sets.flatMap((set) =>
    childrenOf(set, budget).map((pair) => {
      const [type, value] = childrenOf(pair, budget)
      const oid = oidText(expectTag(type, TAG.oid).content)
      return [ATTRIBUTES[oid] ?? oid, value === undefined ? '' : stringValue(value)] as const
    }),
  )
  return { parts, der: hex(element.whole.bytes) }
}

/** The first value of a part of a name. */
export function namePart({ parts }: DistinguishedName, wanted: string): string | undefined {
  return parts.find(([name]) => name === wanted)?.[1]
}

/** A value of no unused bits. */
function bitString(element: DerElement): Uint8Array {
  return element.content.from(1).bytes
}

function readExtensions(element: DerElement | undefined, budget: Budget) {
  const extensions = new Map<string, Uint8Array>()
  const critical = new Set<string>()
  const [list] = element === undefined ? [] : childrenOf(element, budget)
  for (const extension of list === undefined ? [] : childrenOf(list, budget)) {
    const [id, ...rest] = childrenOf(extension, budget)
    const oid = oidText(expectTag(id, TAG.oid).content)
    const value = expectTag(rest.at(-1), TAG.octetString)
    extensions.set(oid, octets(value, budget))
    const [flag] = rest
    if (isTag(flag, TAG.boolean) && flag.content.u8(0) !== 0) critical.add(oid)
  }
  return { extensions, critical }
}

/**
 * Reads a certificate.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED, ERR_ANALYSIS_MALFORMED or ERR_ANALYSIS_LIMIT.
 * @see    RFC 5280, section 4.1.
 */
export function readCertificate(view: ByteView, budget: Budget): Certificate {
  const whole = expectTag(readElement(view, 0, budget), TAG.sequence)
  const [body, algorithm, signature] = childrenOf(whole, budget)
  const fields = childrenOf(expectTag(body, TAG.sequence), budget)
  // The version is [0]; a certificate of version 1 has none.
  const [serial, , issuer, validity, subject, key, ...others] = isContext(fields[0], 0)
    ? fields.slice(1)
    : fields
  const [notBefore, notAfter] = childrenOf(expectTag(validity, TAG.sequence), budget)
  const extensions = others.find((one) => isContext(one, 3))
  const [oid] = childrenOf(expectTag(algorithm, TAG.sequence), budget)
  const der = whole.whole.bytes
  return {
    der,
    sha1: hash('sha1', der, 'hex'),
    sha256: hash('sha256', der, 'hex'),
    serial: integerValue(expectTag(serial, TAG.integer)).toString(16),
    issuer: readName(expectTag(issuer, TAG.sequence), budget),
    subject: readName(expectTag(subject, TAG.sequence), budget),
    notBeforeMs: notBefore === undefined ? Number.NaN : timeValue(notBefore),
    notAfterMs: notAfter === undefined ? Number.NaN : timeValue(notAfter),
    publicKey: expectTag(key, TAG.sequence).whole.bytes,
    ...readExtensions(extensions, budget),
    signed: expectTag(body, TAG.sequence).whole.bytes,
    signatureAlgorithm: oidText(expectTag(oid, TAG.oid).content),
    signature: bitString(expectTag(signature, TAG.bitString)),
  }
}
