import {
  AgentError,
  type Sleep,
  type Transport,
  type TransportCounts,
  type TransportIdentity,
  type UplinkAnswer,
  type UplinkRequest,
} from '@pomona/agent'
import type { Clock, Random } from '@pomona/schema'

/** What goes wrong with the Macs of a fleet; nothing that is absent does. */
export interface FleetFaults {
  /** Each Mac is without network once for this long, beginning within as long after its start. */
  readonly offlineSeconds?: number
  /** Each Mac's network breaks about this often, for up to half of that and ten seconds. */
  readonly flapSeconds?: number
  /** Each Mac's clock is wrong by up to this much, either way. */
  readonly skewSeconds?: number
  /** Each agent ends and is started again about this often. */
  readonly restartSeconds?: number
}

const NS_PER_S = 1_000_000_000n
const MS_PER_S = 1_000
const FLAP_MS_MAX = 10_000

/** A number from 0 to below 1. */
export function draw(random: Random): number {
  const [high = 0, middle = 0, low = 0] = random.bytes(3)
  return (high * 65_536 + middle * 256 + low) / 2 ** 24
}

/** A wait that is this long on average, and never more than twice. */
export function aboutMs(random: Random, seconds: number): number {
  return 2 * draw(random) * seconds * MS_PER_S
}

/** The clock of a Mac that is wrong by a fixed amount; what it measures is right. */
export function skewedClock(clock: Clock, random: Random, secondsMax: number): Clock {
  const skewNs = BigInt(Math.round((draw(random) * 2 - 1) * secondsMax)) * NS_PER_S
  return { nowNs: () => clock.nowNs() + skewNs, monotonicNs: () => clock.monotonicNs() }
}

/** Time and chance of a fault. */
export interface FaultParts {
  readonly random: Random
  readonly sleep: Sleep
}

/** Breaks a Mac's network as its faults say. @throws The signal's reason. */
export async function disturb(
  network: CuttableNetwork,
  { offlineSeconds, flapSeconds, random, sleep }: FleetFaults & FaultParts,
  signal: AbortSignal,
): Promise<void> {
  const once = async (seconds: number): Promise<void> => {
    await sleep(draw(random) * seconds * MS_PER_S, signal)
    await network.cut(() => sleep(seconds * MS_PER_S, signal))
  }
  const again = async (seconds: number): Promise<never> => {
    for (;;) {
      await sleep(aboutMs(random, seconds), signal)
      const cutMs = draw(random) * Math.min(FLAP_MS_MAX, (seconds * MS_PER_S) / 2)
      await network.cut(() => sleep(cutMs, signal))
    }
  }
  await Promise.all([
    ...(offlineSeconds === undefined ? [] : [once(offlineSeconds)]),
    ...(flapSeconds === undefined ? [] : [again(flapSeconds)]),
  ])
}

/** The network of one Mac, which can be cut: what is under way breaks, and nothing gets through. */
export class CuttableNetwork {
  readonly #make: (identity: TransportIdentity) => Transport
  #cuts = 0
  #broken = new AbortController()
  readonly #past = { requests: 0, handshakes: 0, resumed: 0, bytesSent: 0, bytesReceived: 0 }
  readonly #open = new Set<CuttableTransport>()

  constructor(make: (identity: TransportIdentity) => Transport) {
    this.#make = make
  }

  readonly connect = (identity: TransportIdentity): Transport => {
    const transport: CuttableTransport = new CuttableTransport(this.#make(identity), identity, {
      broken: () => (this.#cuts > 0 ? undefined : this.#broken.signal),
      onClose: () => this.#close(transport),
    })
    this.#open.add(transport)
    return transport
  }

  /** Cuts the network as long as something lasts. @throws As it does. */
  async cut(while_: () => Promise<void>): Promise<void> {
    this.#cuts += 1
    this.#broken.abort()
    for (const transport of this.#open) transport.hangUp()
    try {
      await while_()
    } finally {
      this.#cuts -= 1
      if (this.#cuts === 0) this.#broken = new AbortController()
    }
  }

  /** What went over all connections of this Mac. */
  counts(): TransportCounts {
    const sum = { ...this.#past }
    for (const transport of this.#open) add(sum, transport.counts())
    return sum
  }

  #close(transport: CuttableTransport): void {
    if (this.#open.delete(transport)) add(this.#past, transport.counts())
  }
}

type Sums = { -readonly [Name in keyof TransportCounts]: number }

function add(sum: Sums, counts: TransportCounts): void {
  sum.requests += counts.requests
  sum.handshakes += counts.handshakes
  sum.resumed += counts.resumed
  sum.bytesSent += counts.bytesSent
  sum.bytesReceived += counts.bytesReceived
}

interface Cutter {
  /** Aborted when the network is cut; absent while it is. */
  readonly broken: () => AbortSignal | undefined
  readonly onClose: () => void
}

class CuttableTransport implements Transport {
  readonly #inner: Transport
  readonly #cutter: Cutter
  #identity: TransportIdentity

  constructor(inner: Transport, identity: TransportIdentity, cutter: Cutter) {
    this.#inner = inner
    this.#identity = identity
    this.#cutter = cutter
  }

  async send(request: UplinkRequest): Promise<UplinkAnswer> {
    const broken = this.#cutter.broken()
    if (broken === undefined) throw unreachable()
    try {
      const signal = AbortSignal.any([request.signal, broken])
      return await this.#inner.send({ ...request, signal })
    } catch (error) {
      request.signal.throwIfAborted()
      throw broken.aborted ? unreachable() : error
    }
  }

  /** Connections at rest end, too. */
  hangUp(): void {
    this.#inner.present(this.#identity)
  }

  present(identity: TransportIdentity): void {
    this.#identity = identity
    this.#inner.present(identity)
  }

  counts(): TransportCounts {
    return this.#inner.counts()
  }

  close(): void {
    this.#cutter.onClose()
    this.#inner.close()
  }
}

function unreachable(): AgentError {
  return new AgentError('ERR_UPLINK_NETWORK', 'The simulated network is cut.', {
    details: { cause: 'cut' },
  })
}
