import { createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { bitString, container, objectIdentifier, pemText, smallInteger, utf8String } from './der.ts'

const COMMON_NAME = '2.5.4.3'
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
/** The server sets the name by what it knows of the host; RFC 2986 only wants that there is one. */
const SUBJECT = 'pomona-agent'

const generate = promisify(generateKeyPair)

/** Makes the key that an agent's identity stands on: P-256, PKCS #8 in PEM. */
export async function makeKey(): Promise<string> {
  const { privateKey } = await generate('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/**
 * Asks for a certificate for a key.
 *
 *     CertificationRequest     = { info, algorithm, signature }
 *     CertificationRequestInfo = { version 0, subject, SubjectPublicKeyInfo, [0] attributes }
 *
 * @returns PKCS #10 in PEM, signed by the key.
 * @see     RFC 2986, section 4.
 */
export function signingRequest(key: KeyObject): string {
  const name = container('sequence', objectIdentifier(COMMON_NAME), utf8String(SUBJECT))
  const info = container(
    'sequence',
    smallInteger(0),
    container('sequence', container('set', name)),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    container('context0'),
  )
  const algorithm = container('sequence', objectIdentifier(ECDSA_WITH_SHA256))
  const signature = bitString(sign('sha256', info, { key, dsaEncoding: 'der' }))
  return pemText(container('sequence', info, algorithm, signature), 'CERTIFICATE REQUEST')
}
