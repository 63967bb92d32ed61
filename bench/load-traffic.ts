/** Deliveries of many Macs, made before they are sent, so that sending costs next to nothing. */
import { createHash } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { Normalizer } from '@pomona/normalize'
import { type HostDescription, streamId, TENANT_DEFAULT } from '@pomona/schema'
import { readLine, type Scenario, simulate } from '@pomona/sensor'
import { BOOT_ID, hostIdOf } from '../tests/platform/mac.ts'

/** One delivery, as it goes over the wire. */
export interface Parcel {
  readonly lastSequence: number
  readonly events: number
  readonly body: Buffer
}

/** What happens on a Mac. */
export interface TrafficOptions {
  readonly name: string
  readonly background: readonly Scenario[]
  readonly attacks: readonly Scenario[]
  /** When each attack begins, in the Mac's own time. */
  readonly offsetsNs: readonly bigint[]
  readonly startNs: bigint
}

const RUN = 'load'
const EVENTS_MAX = Number.MAX_SAFE_INTEGER
/** As agents compress. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }

/** A simulated Mac whose deliveries are taken one after the other. */
export class TrafficMac {
  readonly name: string
  readonly streamId: string
  readonly #host: HostDescription
  readonly #lines: Iterator<string>
  readonly #normalizer: Normalizer
  #sequence = 0

  constructor({ name, background, attacks, offsetsNs, startNs }: TrafficOptions) {
    const host = { id: hostIdOf(name), name, os_version: '26.1', architecture: 'arm64' }
    const place = { tenantId: TENANT_DEFAULT, hostId: host.id, bootId: BOOT_ID, sensor: RUN }
    this.name = name
    this.streamId = streamId(place)
    this.#host = host
    const context = { tenantId: TENANT_DEFAULT, host, bootId: BOOT_ID, sensor: RUN }
    this.#normalizer = new Normalizer(context)
    const lines = simulate({
      host: { name, osVersion: '26.1', users: [{ name: 'maya', uid: 501 }] },
      ...{ seed: name, startNs, background, scenarios: attacks, offsetsNs, eventsMax: EVENTS_MAX },
    })
    this.#lines = lines[Symbol.iterator]()
  }

  /** The next so many events of it. */
  parcel(count: number): Parcel {
    const first = this.#sequence
    const texts: string[] = []
    while (texts.length < count) {
      const { value } = this.#lines.next()
      const read = readLine(String(value), this.#sequence)
      const result = read.ok ? this.#normalizer.normalize(read.record) : read
      if (!result.ok) throw new Error(`the simulator wrote no event: ${result.reason}`)
      this.#sequence += 1
      texts.push(JSON.stringify(result.event))
    }
    const events = `[${texts.join(',')}]`
    const envelope = JSON.stringify({
      host: this.#host,
      boot_id: BOOT_ID,
      stream_id: this.streamId,
      run: RUN,
      first_sequence: first,
      last_sequence: this.#sequence - 1,
      digest: createHash('sha256').update(events).digest('hex'),
    })
    const body = zstdCompressSync(`${envelope.slice(0, -1)},"events":${events}}`, COMPRESSION)
    return { lastSequence: this.#sequence - 1, events: count, body }
  }
}
