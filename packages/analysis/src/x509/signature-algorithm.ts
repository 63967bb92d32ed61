import { createPublicKey, verify } from 'node:crypto'

/** Digests by the identifier of their algorithm, as Node names them. */
export const DIGESTS: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** Signature algorithms that name their digest. */
const SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
}

/** Keys larger than this are no certificate of today, and slow. */
const KEY_BYTES_MAX = 2_048

/** What was signed, by which key. */
export interface SignedBytes {
  readonly signed: Uint8Array
  readonly signature: Uint8Array
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** Identifier of the signature's algorithm. */
  readonly algorithm: string
  /** Digest to use where the algorithm names none, as in CMS. */
  readonly digest?: string
}

/** Whether a signature is right; false for keys and algorithms that are not known. */
export function isSignatureRight(input: SignedBytes): boolean {
  const { signed, signature, publicKey, algorithm, digest } = input
  const named = SIGNATURES[algorithm] ?? digest
  if (named === undefined || publicKey.length > KEY_BYTES_MAX) return false
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ec') return false
    return verify(named, signed, key, signature)
  } catch {
    // Node refuses a damaged key or signature by exception: then nothing was proved.
    return false
  }
}
