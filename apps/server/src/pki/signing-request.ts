import { Pkcs10CertificateRequest, type PublicKey } from './x509.ts'

/** Bytes of a signing request; one of P-256 has some 300. */
const REQUEST_BYTES_MAX = 4_096
const PEM =
  /^\s*-----BEGIN CERTIFICATE REQUEST-----\s+([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----\s*$/

interface CurveName {
  readonly name: string
  readonly namedCurve?: string
}

/** What a signing request is good for, or why it is good for nothing. */
export type RequestVerdict =
  | { readonly ok: true; readonly publicKey: PublicKey }
  | { readonly ok: false; readonly reason: string }

/**
 * Takes the public key of a PKCS #10 request, after its owner's signature was checked. Nothing else
 * of the request is used: whose certificate it becomes is the server's to say.
 *
 * @param pem Whatever an agent sent. @returns Never throws for it.
 */
export async function checkSigningRequest(pem: string): Promise<RequestVerdict> {
  const base64 = PEM.exec(pem)?.[1]
  if (base64 === undefined) return refuse('it is not one PEM block of a certificate request')
  const der = Buffer.from(base64, 'base64')
  if (der.length > REQUEST_BYTES_MAX) return refuse(`it is larger than ${REQUEST_BYTES_MAX} bytes`)
  try {
    const request = new Pkcs10CertificateRequest(der)
    const { publicKey } = request
    const { name, namedCurve }: CurveName = publicKey.algorithm
    if (name !== 'ECDSA' || namedCurve !== 'P-256') return refuse('its key is not on P-256')
    if (!(await request.verify())) return refuse('its signature does not fit its key')
    return { ok: true, publicKey }
  } catch {
    // The parser has no codes; all of its errors mean that these bytes are no such request.
    return refuse('it cannot be read')
  }
}

function refuse(reason: string): RequestVerdict {
  return { ok: false, reason }
}
