import { AgentError } from '../../src/errors.ts'
import type {
  Transport,
  TransportCounts,
  UplinkAnswer,
  UplinkRequest,
} from '../../src/uplink/transport.ts'

/** What a request meets: an answer, or the code of what the network did. */
export type Fate =
  | { readonly status: number; readonly body?: object; readonly retryAfterSeconds?: number }
  | string

/** A transport that does what it is told, request after request; then every one is answered 200. */
export class ScriptedTransport implements Transport {
  readonly requests: UplinkRequest[] = []
  readonly fates: Fate[]

  constructor(fates: readonly Fate[] = []) {
    this.fates = [...fates]
  }

  send(request: UplinkRequest): Promise<UplinkAnswer> {
    this.requests.push(request)
    const fate = this.fates.shift() ?? { status: 200, body: {} }
    if (typeof fate === 'string') {
      const error = new AgentError('ERR_UPLINK_NETWORK', fate, { details: { cause: fate } })
      return Promise.reject(error)
    }
    return Promise.resolve({
      status: fate.status,
      retryAfterSeconds: fate.retryAfterSeconds,
      body: Buffer.from(JSON.stringify(fate.body ?? {})),
    })
  }

  present(): void {
    // Everybody is the same here.
  }

  counts(): TransportCounts {
    const { length: requests } = this.requests
    return { requests, handshakes: 0, resumed: 0, bytesSent: 0, bytesReceived: 0 }
  }

  close(): void {
    // There is nothing to close.
  }
}
