import { timingSafeEqual } from 'node:crypto'
import { type Clock, formatTime, parseTime, type Random } from '@pomona/schema'
import type { Records } from '@pomona/store'
import { hashToken } from '../digest.ts'

/** What the one-time link works with. */
export interface FirstRunOptions {
  readonly records: Records
  readonly clock: Clock
  readonly random: Random
  readonly lifetimeSeconds: number
}

const HASH_SETTING = 'first_run_token_hash'
const EXPIRES_SETTING = 'first_run_token_expires'
const TOKEN_BYTES = 32
const NS_PER_SECOND = 1_000_000_000n

/** The one-time link by which the first user is made. Only the hash of its token is kept. */
export class FirstRun {
  readonly #options: FirstRunOptions
  #redeeming = false

  constructor(options: FirstRunOptions) {
    this.#options = options
  }

  /**
   * @returns A fresh token that replaces any earlier one; `undefined` when there is a user already.
   */
  async open(): Promise<string | undefined> {
    const { records, clock, random, lifetimeSeconds } = this.#options
    if ((await records.users()).length > 0) return undefined
    const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
    const endNs = clock.nowNs() + BigInt(lifetimeSeconds) * NS_PER_SECOND
    await records.setSetting(EXPIRES_SETTING, formatTime(endNs))
    await records.setSetting(HASH_SETTING, await hashToken(token))
    return token
  }

  /**
   * Uses the link: `make` creates the first user, and the link is dead afterwards.
   *
   * @returns Whether the token was right, alive and unused, and nobody else is using it at this
   * moment.
   */
  async redeem(token: string, make: () => Promise<void>): Promise<boolean> {
    if (this.#redeeming) return false
    this.#redeeming = true
    try {
      if (!(await this.#fits(token))) return false
      await make()
      await this.#options.records.setSetting(HASH_SETTING, '')
      return true
    } finally {
      this.#redeeming = false
    }
  }

  async #fits(token: string): Promise<boolean> {
    const { records, clock } = this.#options
    const stored = await records.setting(HASH_SETTING)
    const expiresNs = parseTime((await records.setting(EXPIRES_SETTING)) ?? '')
    const given = await hashToken(token)
    if (stored === undefined || stored.length !== given.length) return false
    const same = timingSafeEqual(Buffer.from(stored), Buffer.from(given))
    const alive = expiresNs !== undefined && clock.nowNs() < expiresNs
    return same && alive && (await records.users()).length === 0
  }
}
