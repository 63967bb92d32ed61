import type { Clock, HostId, Random } from '@pomona/schema'
import { formatTime, TENANT_DEFAULT } from '@pomona/schema'
import type { Records } from '@pomona/store'
import type { Logger } from 'pino'
import type { ServerConfig } from '../config.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { type Rate, RateLimiter, rateOf } from '../gateway/rate.ts'
import type { MetricsRegistry } from '../metrics/registry.ts'
import { EnrolmentDesk } from '../pki/enrolment-desk.ts'
import type { KeyFiles } from '../pki/key-files.ts'
import { openPki, type Pki } from '../pki/pki.ts'
import type { FleetHandlers } from '../fleet/fleet.ts'
import { enrolmentHandlers } from './enrolment.ts'
import type { IdentityDoubt } from './identity-alarm.ts'
import { AgentListener } from './listener.ts'
import { AgentPresence } from './presence.ts'

/** What the side of the agents is made of. */
export interface AgentSideOptions {
  readonly config: ServerConfig
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  readonly records: Records
  readonly keys: KeyFiles
  /** Told of hosts whose contact has changed. Must not throw. */
  readonly onChange: (hostIds: readonly HostId[]) => void
  /** Told of each sign that two machines speak as one host. Must not throw. */
  readonly onDoubt: (doubt: IdentityDoubt) => void
}

const HOSTS_MAX = 100_000
const ADDRESSES_MAX = 20_000
const FAILURES = rateOf({ count: 10, spanSeconds: 60 })
const FIRST_TOKEN = { label: 'first Macs', usesMax: 10, lifetimeSeconds: 24 * 3_600 } as const
const NS_PER_DAY = 86_400_000_000_000n
const CERTIFICATES_KEPT_DAYS = 180n

/** Everything of the server that speaks with agents: its keys, who they are, and their port. */
export class AgentSide {
  readonly #options: AgentSideOptions
  readonly pki: Pki
  readonly presence: AgentPresence
  readonly desk: EnrolmentDesk
  #listener: AgentListener | undefined
  #address = ''

  private constructor(options: AgentSideOptions, pki: Pki, presence: AgentPresence) {
    this.#options = options
    this.pki = pki
    this.presence = presence
    this.desk = new EnrolmentDesk({ ...options, pki })
  }

  /** Opens keys and contacts; no agent is heard yet. @throws ServerError ERR_PKI; StoreError. */
  static async open(options: AgentSideOptions): Promise<AgentSide> {
    const { clock, records } = options
    const pki = await openPki({ ...options, files: options.keys })
    const longOver = clock.nowNs() - CERTIFICATES_KEPT_DAYS * NS_PER_DAY
    await records.agents.removeCertificates(formatTime(longOver))
    const presence = new AgentPresence(options)
    await presence.open()
    return new AgentSide(options, pki, presence)
  }

  /** A token for the first Macs, where there was none ever. */
  async firstToken(): Promise<string | undefined> {
    const { agents } = this.#options.records
    if ((await agents.tokens(TENANT_DEFAULT)).length > 0) return undefined
    return (await this.desk.makeToken({ ...FIRST_TOKEN, actor: 'server' })).text
  }

  /** Opens the port. @returns Its address. @throws ServerError ERR_LISTEN, ERR_PKI. */
  async listen(gateway: Gateway, fleet: FleetHandlers, open: () => boolean): Promise<string> {
    const { config, clock, logger, metrics } = this.#options
    const { pki, presence, desk } = this
    const listener = await AgentListener.create({
      ...{ pki, presence, gateway, clock, metrics, open },
      logger: logger.child({ component: 'agents' }),
      handlers: {
        ...enrolmentHandlers({ desk, presence, failures: this.#limiter(FAILURES) }),
        ...fleet,
      },
      names: config.agent_names.split(','),
      connectionsMax: config.agent_connections_max,
      requests: this.#limiter(
        rateOf({ count: config.agent_requests_per_minute_max, spanSeconds: 60 }),
        HOSTS_MAX,
      ),
      connections: this.#limiter(
        rateOf({ count: config.agent_connections_per_minute_max, spanSeconds: 60 }),
      ),
    })
    const place = { host: config.agent_listen_host, port: config.agent_listen_port }
    const address = await listener.listen(place)
    this.#listener = listener
    this.#address = address
    return address
  }

  /** Address that agents reach the server by; empty before the port is open. */
  get address(): string {
    return this.#address
  }

  /** Cuts every connection of an agent. */
  cut(): void {
    this.#listener?.cut()
  }

  /** Hears no more, and stores what is known of the agents. */
  async close(): Promise<void> {
    await this.#listener?.close()
    await this.presence.close()
  }

  #limiter(rate: Rate, keysMax: number = ADDRESSES_MAX): RateLimiter {
    return new RateLimiter({ ...rate, keysMax, clock: this.#options.clock })
  }
}
