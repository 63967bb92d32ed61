import { createPublicKey, verify } from 'node:crypto'
import type { SignedText, SigningKey } from '@pomona/schema'

/**
 * Whether a text was signed by one of the server's keys that this agent learnt at enrolment.
 *
 * @returns `false` also for a key that is not known and a signature that is none. Never throws.
 */
export function isSigned(text: SignedText, keys: readonly SigningKey[]): boolean {
  const key = keys.find(({ key_id: id }) => id === text.key_id)
  if (key === undefined) return false
  try {
    const publicKey = createPublicKey({
      key: Buffer.from(key.public_key, 'base64'),
      format: 'der',
      type: 'spki',
    })
    if (publicKey.asymmetricKeyType !== 'ed25519') return false
    const signature = Buffer.from(text.signature, 'base64')
    return verify(undefined, Buffer.from(text.payload, 'utf8'), publicKey, signature)
  } catch {
    // The key is no key; nothing can be signed by it.
    return false
  }
}
