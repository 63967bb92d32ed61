import { timingSafeEqual } from 'node:crypto'
import type { Random } from '@pomona/schema'
import type { Records } from '@pomona/store'
import { hashToken } from '../digest.ts'

const HASH_SETTING = 'ingest_token_hash'
const TOKEN_BYTES = 32
const BEARER = /^Bearer ([\x21-\x7e]{1,256})$/i

/** The secret agents present. The store has its hash only. */
export class IngestToken {
  readonly #hash: Buffer

  private constructor(hash: string) {
    this.#hash = Buffer.from(hash)
  }

  /**
   * Uses the configured token, else the one stored, else makes one.
   * @returns The check, and the token itself only when it was made just now: it can be shown this
   * once.
   */
  static async open(options: {
    readonly records: Records
    readonly random: Random
    readonly configured: string | undefined
  }): Promise<{ readonly check: IngestToken; readonly made: string | undefined }> {
    const { records, random, configured } = options
    const stored = await records.setting(HASH_SETTING)
    if (configured === undefined && stored !== undefined) {
      return { check: new IngestToken(stored), made: undefined }
    }
    const made = configured === undefined ? randomToken(random) : undefined
    const hash = await hashToken(configured ?? made ?? '')
    if (hash !== stored) await records.setSetting(HASH_SETTING, hash)
    return { check: new IngestToken(hash), made }
  }

  /** Whether an `authorization` header carries the token; takes the same time for any wrong one. */
  async fits(header: string | undefined): Promise<boolean> {
    const token = BEARER.exec(header ?? '')?.[1]
    if (token === undefined) return false
    return timingSafeEqual(Buffer.from(await hashToken(token)), this.#hash)
  }
}

function randomToken(random: Random): string {
  return Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
}
