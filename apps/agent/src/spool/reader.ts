/** What one delivery may hold. */
export interface DeliveryLimits {
  /** Events and alerts together. */
  readonly itemsMax: number
  /** Bytes of their JSON texts together; a single item beyond it goes alone. */
  readonly bytesMax: number
}

/** Events and alerts of one stream, in order, as they go into one batch. */
export interface Delivery {
  readonly epoch: number
  readonly streamId: string
  /** What the stream's id was derived from, beside tenant, host and boot. */
  readonly run: string
  readonly bootId: string
  /** Sequence of the first item. */
  readonly firstSequence: number
  /** Sequence of the last item. */
  readonly lastSequence: number
  /** JSON text of each event, in order of sequence. */
  readonly events: readonly string[]
  /** JSON text of each alert of the engine on the host, as `HostAlert` has it. */
  readonly alerts: readonly string[]
}

/** Up to where the server has everything of a stream. */
export interface Acknowledgement {
  readonly epoch: number
  readonly lastSequence: number
}

/**
 * The side of the spool that deliveries are made from. Epochs leave one after the other, the oldest
 * first, and the items of an epoch in order of their sequence.
 */
export interface SpoolReader {
  /**
   * The next items to deliver: the same ones until they are settled. What was once given out is
   * never dropped for want of room: the server may have it.
   *
   * @returns `undefined` while nothing is on stable storage that was not settled.
   */
  next(limits: DeliveryLimits): Promise<Delivery | undefined>
  /** Resolves when {@link next} may have something, or the signal is aborted. */
  ready(signal: AbortSignal): Promise<void>
  /**
   * The server has everything up to here; it counts as sent and its disk is freed. May lie inside
   * a delivery. What was settled already is passed over.
   *
   * @returns Items this settles.
   */
  acknowledge(upTo: Acknowledgement): number
  /** The server will never take this delivery: it counts as dropped, with the reason. */
  discard(delivery: Delivery, reason: string): void
}
