import { createPrivateKey, X509Certificate } from 'node:crypto'
import { EnrolmentAnswer } from '@pomona/schema'
import { z } from 'zod'
import { AgentError, messageOf } from '../errors.ts'
import { readOwnFile, removeFile, replaceFile } from './atomic-file.ts'

/**
 * Who an agent is: key and certificate, whom it belongs to, and by which keys and certificates it
 * knows its server. One document, so that none of it can be of another time than the rest.
 */
export const Identity = EnrolmentAnswer.omit({ not_after: true, server_time: true }).extend({
  key: z.string().describe('PKCS #8 in PEM.'),
})
export type Identity = z.infer<typeof Identity>

/** Where an agent keeps who it is. */
export interface IdentityStore {
  /** @throws AgentError ERR_IDENTITY_UNREADABLE when it is there and cannot be used. */
  load(): Promise<Identity | undefined>
  /** Resolves when it is on stable storage; the one before is gone then. */
  save(identity: Identity): Promise<void>
  /** The key that was last asked with for a first certificate. */
  loadPendingKey(): Promise<string | undefined>
  savePendingKey(key: string): Promise<void>
}

const IDENTITY_FILE = 'identity.json'
const PENDING_FILE = 'pending.key'

/** Keeps the identity in a folder; only the owner of the process can read it. */
export class IdentityFolder implements IdentityStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async load(): Promise<Identity | undefined> {
    const path = `${this.#folder}/${IDENTITY_FILE}`
    const text = await readOwnFile(path)
    if (text === undefined) return undefined
    try {
      const identity = Identity.parse(JSON.parse(text))
      assertPair(identity)
      return identity
    } catch (cause) {
      throw new AgentError(
        'ERR_IDENTITY_UNREADABLE',
        `${path} is damaged (${messageOf(cause)}). Remove it and enrol this Mac again.`,
        { cause },
      )
    }
  }

  async save(identity: Identity): Promise<void> {
    await replaceFile(`${this.#folder}/${IDENTITY_FILE}`, JSON.stringify(identity))
    await removeFile(`${this.#folder}/${PENDING_FILE}`)
  }

  async loadPendingKey(): Promise<string | undefined> {
    return await readOwnFile(`${this.#folder}/${PENDING_FILE}`)
  }

  async savePendingKey(key: string): Promise<void> {
    await replaceFile(`${this.#folder}/${PENDING_FILE}`, key)
  }
}

/** Keeps the identity as long as the process lives: for simulated agents. */
export class IdentityMemory implements IdentityStore {
  #identity: Identity | undefined
  #pending: string | undefined

  load(): Promise<Identity | undefined> {
    return Promise.resolve(this.#identity)
  }

  save(identity: Identity): Promise<void> {
    this.#identity = identity
    this.#pending = undefined
    return Promise.resolve()
  }

  loadPendingKey(): Promise<string | undefined> {
    return Promise.resolve(this.#pending)
  }

  savePendingKey(key: string): Promise<void> {
    this.#pending = key
    return Promise.resolve()
  }
}

/** When a certificate begins and ends, milliseconds since 1970. */
export function certificateSpan(pem: string): { readonly fromMs: number; readonly toMs: number } {
  const certificate = new X509Certificate(pem)
  return { fromMs: Date.parse(certificate.validFrom), toMs: Date.parse(certificate.validTo) }
}

/**
 * Checks that a certificate is one for a key. What the server answers is checked before it replaces
 * what works.
 */
export function assertPair({ key, certificate }: Pick<Identity, 'key' | 'certificate'>): void {
  if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return
  throw new AgentError('ERR_UPLINK_ANSWER', 'The certificate is not one for the key of this agent.')
}
