/** A request of an agent to its server. */
export interface UplinkRequest {
  readonly method: 'GET' | 'POST'
  /** Path and query below the server's address. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Longest time from here to the last byte of the answer. */
  readonly timeoutMs: number
  /** Bytes of an answer beyond which it is refused unread. */
  readonly answerBytesMax: number
  readonly signal: AbortSignal
}

/** What the server said. */
export interface UplinkAnswer {
  readonly status: number
  /** Value of `retry-after` in seconds, when it is one. */
  readonly retryAfterSeconds: number | undefined
  readonly body: Buffer
}

/**
 * What carries requests to the server and answers back.
 */
export interface Transport {
  /**
   * @throws AgentError ERR_UPLINK_NETWORK when there was no answer: the request may have been
   *   taken. ERR_UPLINK_TRUST when the server is not the one this agent belongs to.
   *   ERR_UPLINK_ANSWER when the answer is too large. The signal's reason when it is aborted.
   */
  send(request: UplinkRequest): Promise<UplinkAnswer>
  /** From the next connection on, the agent is who this says. */
  present(identity: TransportIdentity): void
  counts(): TransportCounts
  close(): void
}

/** Whom the server is trusted by, and who the agent is. */
export interface TransportIdentity {
  /** Certificates that the server's is checked against, and no others. PEM. */
  readonly authority: string
  /** Absent before the agent is enrolled. */
  readonly client?: { readonly key: string; readonly certificate: string }
}

/** What went over the wire. */
export interface TransportCounts {
  readonly requests: number
  /** TLS connections made; `resumed` of them went on from an earlier one. */
  readonly handshakes: number
  readonly resumed: number
  /** Inside the connections, before TLS adds its own. */
  readonly bytesSent: number
  readonly bytesReceived: number
}
