import { type Clock, formatTime, parseTime, type Random, type TimeNs } from '@pomona/schema'
import type { Records, User } from '@pomona/store'
import { hashToken } from '../digest.ts'

/** What sessions work with, and how long they live. */
export interface SessionsOptions {
  readonly records: Records
  readonly clock: Clock
  readonly random: Random
  /** A session unused for this long ends. */
  readonly idleSeconds: number
  /** A session this old ends, used or not. */
  readonly absoluteSeconds: number
}

const TOKEN_BYTES = 32
const NS_PER_SECOND = 1_000_000_000n
/** The end of a session moves at most this often, so that reading does not become writing. */
const EXTEND_STEP_NS = 60n * NS_PER_SECOND

/**
 * Who is signed in. The token lives in the browser's cookie only; the store has its hash, so that a
 * copy of the database opens no session.
 */
export class Sessions {
  readonly #options: SessionsOptions

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** @returns The token for the cookie: 256 random bits, base64url. */
  async open(userId: string): Promise<string> {
    const { records, clock, random } = this.#options
    const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
    const nowNs = clock.nowNs()
    await records.removeExpiredSessions(formatTime(nowNs))
    await records.addSession({
      tokenHash: await hashToken(token),
      userId,
      created: formatTime(nowNs),
      expires: formatTime(this.#end(nowNs, nowNs)),
    })
    return token
  }

  /** The user of a cookie's token, if the session lives; using it keeps it alive. */
  async user(token: string): Promise<User | undefined> {
    const { records, clock } = this.#options
    const tokenHash = await hashToken(token)
    const nowNs = clock.nowNs()
    const found = await records.session(tokenHash, formatTime(nowNs))
    if (found === undefined) return undefined
    const createdNs = parseTime(found.session.created) ?? nowNs
    const endNs = this.#end(createdNs, nowNs)
    const expiresNs = parseTime(found.session.expires) ?? nowNs
    if (endNs - expiresNs > EXTEND_STEP_NS) {
      await records.extendSession(tokenHash, formatTime(endNs))
    }
    return found.user
  }

  /** Whether a session lives; asking does not keep it alive. */
  async lives(token: string): Promise<boolean> {
    const { records, clock } = this.#options
    const found = await records.session(await hashToken(token), formatTime(clock.nowNs()))
    return found !== undefined
  }

  async close(token: string): Promise<void> {
    await this.#options.records.removeSession(await hashToken(token))
  }

  #end(createdNs: TimeNs, nowNs: TimeNs): TimeNs {
    const idleEnd = nowNs + BigInt(this.#options.idleSeconds) * NS_PER_SECOND
    const absoluteEnd = createdNs + BigInt(this.#options.absoluteSeconds) * NS_PER_SECOND
    return idleEnd < absoluteEnd ? idleEnd : absoluteEnd
  }
}
