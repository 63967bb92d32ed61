import type { Clock, Random } from '@pomona/schema'
import { formatTime } from '@pomona/schema'
import type { Records } from '@pomona/store'
import { Authority } from './authority.ts'
import type { AgentIdentity } from './identity.ts'
import type { KeyFiles } from './key-files.ts'
import { CommandSigner } from './signing-key.ts'

/** What the keys of a server are opened with. */
export interface PkiOptions {
  readonly files: KeyFiles
  readonly records: Records
  readonly clock: Clock
  readonly random: Random
}

/** Everything a server vouches with: its authority, its signing key, and what it took back. */
export interface Pki {
  readonly authority: Authority
  readonly signer: CommandSigner
  readonly revocations: Revocations
}

/** Opens the keys; makes them at the first start. @throws ServerError ERR_PKI; StoreError. */
export async function openPki(options: PkiOptions): Promise<Pki> {
  const { files, records, clock } = options
  const authority = await Authority.open(options)
  const signer = await CommandSigner.open(files)
  const serials = await records.agents.revokedSerials(formatTime(clock.nowNs()))
  return { authority, signer, revocations: new Revocations(serials) }
}

/**
 * Serials of certificates that are not taken any more although they are not over. All of them are
 * in memory, so that every request is checked; those of the records are there before the first is.
 */
export class Revocations {
  readonly #serials: Set<string>

  constructor(serials: readonly string[]) {
    this.#serials = new Set(serials)
  }

  has({ serial }: AgentIdentity): boolean {
    return this.#serials.has(serial)
  }

  add(serials: readonly string[]): void {
    for (const serial of serials) this.#serials.add(serial)
  }
}
