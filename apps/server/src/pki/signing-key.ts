import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { SignedText, SigningKey } from '@pomona/schema'
import type { KeyFiles } from './key-files.ts'

const FILE = 'signing.key'
const ID_HEX_LENGTH = 32

const signBytes = promisify(sign)

/**
 * The key that commands and bundles are signed with (Ed25519). Agents get the public half when they
 * enrol and renew.
 */
export class CommandSigner {
  readonly #key: KeyObject
  readonly keyId: string
  /** What agents are told of the key. */
  readonly published: SigningKey

  private constructor(key: KeyObject) {
    this.#key = key
    const der = createPublicKey(key).export({ type: 'spki', format: 'der' })
    const hash = createHash('sha256').update(der).digest('hex')
    this.keyId = hash.slice(0, ID_HEX_LENGTH)
    this.published = { key_id: this.keyId, public_key: der.toString('base64') }
  }

  /** Reads the key, or makes it at the first start. @throws ServerError ERR_PKI. */
  static async open(files: KeyFiles): Promise<CommandSigner> {
    const stored = await files.read(FILE)
    if (stored !== undefined) return new CommandSigner(createPrivateKey(stored))
    const { privateKey } = generateKeyPairSync('ed25519')
    await files.write(FILE, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    return new CommandSigner(privateKey)
  }

  /** Signs a payload's UTF-8 bytes. */
  async sign(payload: string): Promise<SignedText> {
    const signature = await signBytes(undefined, Buffer.from(payload), this.#key)
    return { payload, signature: signature.toString('base64'), key_id: this.keyId }
  }
}
