import type { Clock, HostDescription, Random } from '@pomona/schema'
import { AgentError, codeOf, messageOf } from '../errors.ts'
import { enrol, pinnedAuthority, renew, type ServerPin } from '../identity/enrolment.ts'
import { certificateSpan, type Identity, type IdentityStore } from '../identity/identity.ts'
import { renewalMs } from '../identity/renewal.ts'
import type { Sleep } from '../machine.ts'
import { BACKOFF_DEFAULT, type BackoffOptions, backoffMs } from './backoff.ts'
import { HttpsTransport } from './https-transport.ts'
import type { UplinkLog } from './lane.ts'
import { Link, type LinkState } from './link.ts'
import type { Transport, TransportIdentity } from './transport.ts'

/** What it takes to belong to a server. */
export interface MembershipOptions {
  /** Address of the server's agent listener: `https://…`. */
  readonly server: string
  /** By which this Mac enrols; not needed once it has. */
  readonly token?: string
  readonly hardwareUuid: string
  readonly host: Omit<HostDescription, 'id'>
  readonly clock: Clock
  readonly random: Random
  readonly sleep: Sleep
  readonly log: UplinkLog
  readonly identity: IdentityStore
  readonly backoff?: BackoffOptions
  /** Another way to the server than HTTPS, for tests and faults. */
  readonly connect?: (identity: TransportIdentity) => Transport
  readonly onState?: (state: LinkState) => void
}

/** A link, and whom it speaks for. */
export interface Standing {
  readonly identity: Identity
  readonly link: Link
  readonly transport: Transport
}

const RENEWAL_CHECK_MS = 3_600_000
const RENEWAL_RETRY = { firstMs: RENEWAL_CHECK_MS, maxMs: RENEWAL_CHECK_MS }
const NS_PER_MS = 1_000_000n
const MS_PER_DAY = 86_400_000

/**
 * Enrols a Mac that is not enrolled, and says who it is.
 *
 * @throws AgentError ERR_ENROLMENT_REFUSED, ERR_IDENTITY_UNREADABLE; the signal's reason.
 */
export async function enrolled(options: MembershipOptions, signal: AbortSignal): Promise<Identity> {
  const known = await options.identity.load()
  if (known !== undefined) return known
  const membership = new Membership(options)
  try {
    return (await membership.open(signal)).identity
  } finally {
    membership.close()
  }
}

/**
 * An agent's membership of its server: begins with a token, lives by a certificate that is renewed
 * at half of its life, and when that was missed for too long begins anew, if the token still does.
 */
export class Membership {
  readonly #options: MembershipOptions
  #standing: Standing | undefined

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  /** Enrols if need be. @throws AgentError ERR_ENROLMENT_REFUSED; the signal's reason. */
  async open(signal: AbortSignal): Promise<Standing> {
    const known = await this.#options.identity.load()
    return this.#stand(known ?? (await this.#enrolAnew(signal)))
  }

  /** Who this agent is now. @throws Error before it was opened: a fault of ours. */
  get standing(): Standing {
    if (this.#standing === undefined) throw new Error('Nobody belongs to a server unopened.')
    return this.#standing
  }

  get isOpen(): boolean {
    return this.#standing !== undefined
  }

  /** Renews the certificate, for ever. @throws The signal's reason. */
  async keep(signal: AbortSignal): Promise<never> {
    const { random, sleep } = this.#options
    for (;;) {
      const { identity } = this.standing
      const dueMs = renewalMs(certificateSpan(identity.certificate), random)
      // By steps: a Mac sleeps, and its clock may be set.
      while (this.#serverNowMs() < dueMs) {
        await sleep(Math.min(dueMs - this.#serverNowMs(), RENEWAL_CHECK_MS), signal)
      }
      await this.#renew(identity, signal)
    }
  }

  close(): void {
    this.#standing?.transport.close()
  }

  async #renew(identity: Identity, signal: AbortSignal): Promise<void> {
    const { identity: store, token, log, random, sleep } = this.#options
    const { link } = this.standing
    try {
      this.#stand(await renew({ link, store }, signal))
      log.info({ host_id: identity.host_id }, 'The certificate of this Mac was renewed.')
    } catch (error) {
      signal.throwIfAborted()
      const leftMs = certificateSpan(identity.certificate).toMs - this.#serverNowMs()
      const said = { error: { message: messageOf(error), code: codeOf(error) } }
      log.error(
        { ...said, days_left: Math.floor(leftMs / MS_PER_DAY) },
        'The certificate of this Mac was not renewed; it is tried again.',
      )
      if (leftMs <= 0 && token !== undefined) this.#stand(await this.#enrolAnew(signal))
      else await sleep(backoffMs(0, RENEWAL_RETRY, random), signal)
    }
  }

  async #enrolAnew(signal: AbortSignal): Promise<Identity> {
    const { server, token, hardwareUuid, host, identity: store, log } = this.#options
    if (token === undefined) {
      throw new AgentError(
        'ERR_ENROLMENT_REFUSED',
        'This Mac is not enrolled: set enrolment_token to one that the server has made.',
      )
    }
    const fingerprint = token.split('.')[1]
    if (fingerprint === undefined) {
      throw new AgentError('ERR_ENROLMENT_REFUSED', 'The enrolment token is not a whole one.')
    }
    const authority = await this.#findAuthority({ server, fingerprint }, signal)
    const { link, transport } = this.#connected({ authority })
    try {
      const identity = await enrol({ link, store, token, hardwareUuid, host }, signal)
      log.info({ host_id: identity.host_id }, 'This Mac is enrolled.')
      return identity
    } finally {
      transport.close()
    }
  }

  async #findAuthority(pin: ServerPin, signal: AbortSignal): Promise<string> {
    const { random, sleep, log, backoff = BACKOFF_DEFAULT } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        return await pinnedAuthority(pin, signal)
      } catch (error) {
        signal.throwIfAborted()
        log.warn({ error: { message: messageOf(error) } }, 'The server was not found yet.')
      }
      await sleep(backoffMs(attempt, backoff, random), signal)
    }
  }

  #stand(identity: Identity): Standing {
    const { key, certificate, authority } = identity
    const shown = { authority, client: { key, certificate } }
    if (this.#standing === undefined) {
      this.#standing = { identity, ...this.#connected(shown) }
    } else {
      this.#standing.transport.present(shown)
      this.#standing = { ...this.#standing, identity }
    }
    return this.#standing
  }

  #connected(shown: TransportIdentity): Omit<Standing, 'identity'> {
    const { server, connect, clock, random, sleep, backoff, onState } = this.#options
    const transport = connect?.(shown) ?? new HttpsTransport({ server, identity: shown })
    const link = new Link({
      ...{ transport, clock, random, sleep },
      ...(backoff === undefined ? {} : { backoff }),
      ...(onState === undefined ? {} : { onState }),
    })
    return { link, transport }
  }

  #serverNowMs(): number {
    return Number(this.standing.link.skew.serverNowNs() / NS_PER_MS)
  }
}
