import { bytesOf } from './capture/window.ts'
import type { FlowSide } from './flow/flow.ts'
import { StreamBytes } from './flow/stream.ts'
import type { TcpSegment } from './tcp-segment.ts'

/** Limits of what is held of connections' content. */
export interface StreamLimits {
  /** Sides of connections whose bytes are held at once. */
  readonly streamsMax: number
  /** Bytes held of one side. */
  readonly streamBytesMax: number
}

/** The sides of connections whose bytes are held; of too many the oldest are given up. */
export class Streams {
  readonly #limits: StreamLimits
  readonly #held = new Set<FlowSide>()
  #givenUp = 0

  constructor(limits: StreamLimits) {
    this.#limits = limits
  }

  /** Sides given up before anything was found: too long, too much out of order, or too many. */
  get givenUp(): number {
    return this.#givenUp
  }

  /** Adds a segment's payload to what is held of its sender, beginning there or at `first`. */
  add(
    side: FlowSide,
    segment: { readonly view: DataView; readonly tcp: TcpSegment; readonly first: number },
  ): StreamBytes | undefined {
    const { view, tcp, first } = segment
    if (side.stream === undefined) {
      side.stream = new StreamBytes(first, { bytesMax: this.#limits.streamBytesMax })
      this.#held.add(side)
      if (this.#held.size > this.#limits.streamsMax) this.#giveUpOldest()
    }
    const { stream } = side
    stream?.add(tcp.sequence, bytesOf({ view, at: tcp.at, end: tcp.end }))
    if (stream?.isOverfull !== true) return stream
    this.#givenUp++
    this.close(side)
    return undefined
  }

  /** Nothing more is looked for in what a side sends. */
  close(side: FlowSide): void {
    side.isRead = true
    side.stream = undefined
    this.#held.delete(side)
  }

  #giveUpOldest(): void {
    for (const side of this.#held) {
      this.#givenUp++
      this.close(side)
      return
    }
  }
}
