/** A network that loses, delays and doubles what it carries, to a server that comes and goes. */
import { AgentError } from '../../src/errors.ts'
import type {
  Transport,
  TransportCounts,
  UplinkAnswer,
  UplinkRequest,
} from '../../src/uplink/transport.ts'
import type { ProtocolServer } from './protocol-server.ts'
import type { SeededRandom } from './random.ts'
import type { SimulatedTime } from './simulated-time.ts'

/** How bad a network is: chances from 0 to 1. */
export interface Weather {
  /** A request never arrives. */
  readonly loseRequest: number
  /** A request is taken, and its answer never arrives. */
  readonly loseAnswer: number
  /** A request arrives a second time, some time later. */
  readonly repeatRequest: number
  readonly latencyMsMax: number
  readonly repeatMsMax: number
}

/** What the network did. */
export interface NetworkCounts {
  requests: number
  requestsLost: number
  answersLost: number
  repeated: number
  refused: number
}

/** Carries requests to a server under a weather. */
export class LossyNetwork implements Transport {
  readonly did: NetworkCounts = {
    requests: 0,
    requestsLost: 0,
    answersLost: 0,
    repeated: 0,
    refused: 0,
  }
  /** Whether the server is there. Taking it away breaks what is under way. */
  isUp = true
  #life = 0
  readonly #server: ProtocolServer
  readonly #time: SimulatedTime
  readonly #random: SeededRandom
  readonly #weather: Weather

  constructor(options: {
    readonly server: ProtocolServer
    readonly time: SimulatedTime
    readonly random: SeededRandom
    readonly weather: Weather
  }) {
    this.#server = options.server
    this.#time = options.time
    this.#random = options.random
    this.#weather = options.weather
  }

  /** The server ends; it is back after a while. What it had taken it still has. */
  async restartServer(awayMs: number, signal: AbortSignal): Promise<void> {
    this.isUp = false
    this.#life += 1
    await this.#time.sleep(awayMs, signal)
    this.isUp = true
  }

  async send(request: UplinkRequest): Promise<UplinkAnswer> {
    const { loseRequest, loseAnswer, repeatRequest, repeatMsMax } = this.#weather
    const random = this.#random
    this.did.requests += 1
    if (!this.isUp) {
      this.did.refused += 1
      throw broken('ECONNREFUSED')
    }
    const life = this.#life
    await this.#travel(request.signal)
    if (random.chance(loseRequest) || life !== this.#life) {
      this.did.requestsLost += 1
      throw broken('timeout')
    }
    if (random.chance(repeatRequest)) {
      this.did.repeated += 1
      void this.#time
        .sleep(random.next() * repeatMsMax, new AbortController().signal)
        .then(() => this.#server.handle(asSeen(request)))
    }
    const reply = await this.#server.handle(asSeen(request))
    await this.#travel(request.signal)
    if (random.chance(loseAnswer) || life !== this.#life) {
      this.did.answersLost += 1
      throw broken('ECONNRESET')
    }
    const retryAfter = reply.headers?.['retry-after']
    return {
      status: reply.status,
      retryAfterSeconds: retryAfter === undefined ? undefined : Number(retryAfter),
      body: Buffer.from(JSON.stringify(reply.body ?? {})),
    }
  }

  present(): void {
    // Everybody is the same here.
  }

  counts(): TransportCounts {
    return {
      requests: this.did.requests,
      handshakes: 0,
      resumed: 0,
      bytesSent: 0,
      bytesReceived: 0,
    }
  }

  close(): void {
    // There is nothing to close.
  }

  async #travel(signal: AbortSignal): Promise<void> {
    await this.#time.sleep(this.#random.next() * this.#weather.latencyMsMax, signal)
  }
}

function asSeen({ method, path, body }: UplinkRequest) {
  return { method, path, body: Buffer.from(body ?? new Uint8Array()) }
}

function broken(cause: string): AgentError {
  return new AgentError('ERR_UPLINK_NETWORK', cause, { details: { cause } })
}
