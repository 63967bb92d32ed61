/** A shipper with everything around it that a test can look into. */
import { zstdCompressSync } from 'node:zlib'
import { MemorySpool, type SpoolFate } from '../../src/spool/memory-spool.ts'
import { Link } from '../../src/uplink/link.ts'
import { Shipper, type ShipperLimits } from '../../src/uplink/shipper.ts'
import type { Transport } from '../../src/uplink/transport.ts'
import type { SeededRandom } from './random.ts'
import type { SimulatedTime } from './simulated-time.ts'

export const SESSION = '0192f000-0000-7000-8000-000000000002'

/** Makes the parts of a delivery in simulated time. */
export class Shipping {
  readonly spool: MemorySpool
  readonly fates: { readonly sequence: number; readonly fate: SpoolFate }[] = []
  readonly #parts: { readonly time: SimulatedTime; readonly random: SeededRandom }
  readonly #transport: Transport

  constructor(options: {
    readonly time: SimulatedTime
    readonly random: SeededRandom
    readonly transport: Transport
    readonly itemsMax?: number
  }) {
    const { time, random, transport, itemsMax = 1_000_000 } = options
    this.#parts = { time, random }
    this.#transport = transport
    this.spool = new MemorySpool({
      ...{ epoch: 1, streamId: 'stream-1', run: 'run-1', bootId: 'boot-1', itemsMax },
      onSettled: ({ sequence }, fate) => this.fates.push({ sequence, fate }),
    })
  }

  /** A shipper as it is after a start of the agent; the spool is what outlives it. */
  start(limits?: ShipperLimits, epoch = 1): { readonly shipper: Shipper; readonly link: Link } {
    const { time, random } = this.#parts
    const link = new Link({ transport: this.#transport, clock: time, random, sleep: time.sleep })
    const shipper = new Shipper({
      ...{ link, spool: this.spool, clock: time, sessionId: SESSION, epoch },
      host: { id: 'host-1', name: 'orchard-01' },
      // In this process, so that time stands still while it works.
      compress: (text) => Promise.resolve(zstdCompressSync(text)),
      ...(limits === undefined ? {} : { limits }),
    })
    return { shipper, link }
  }

  put(sequence: number, more: Readonly<Record<string, unknown>> = {}): void {
    this.spool.put({ sequence, kind: 'event', text: JSON.stringify({ sequence, ...more }) })
  }

  putAlert(sequence: number, alert: object): void {
    this.spool.put({ sequence, kind: 'alert', text: JSON.stringify({ sequence, alert }) })
  }

  sequences(fate: SpoolFate): readonly number[] {
    return this.fates.flatMap((one) => (one.fate === fate ? [one.sequence] : []))
  }
}
