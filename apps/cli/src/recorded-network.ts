import { parseTime, type TimeNs } from '@pomona/schema'
import {
  type NetworkCounts,
  type NetworkRecord,
  type NetworkStream,
  openCapture,
} from '@pomona/sensor'

/** A recorded time, where it is one. */
export function recordedNs(time: unknown): TimeNs | undefined {
  return typeof time === 'string' ? parseTime(time) : undefined
}

/** The records of a packet capture, taken one by one as time goes on. */
export class RecordedNetwork {
  readonly #stream: NetworkStream
  readonly #batches: AsyncIterator<readonly NetworkRecord[]>
  #batch: readonly NetworkRecord[] = []
  #index = 0

  private constructor(stream: NetworkStream) {
    this.#stream = stream
    this.#batches = stream.batches()[Symbol.asyncIterator]()
  }

  /** @throws SensorError ERR_RECORDING_UNREADABLE. */
  static async open(path: string): Promise<RecordedNetwork> {
    return new RecordedNetwork(await openCapture(path))
  }

  /** Takes the next record, if it is of before a time. */
  async before(atNs: TimeNs): Promise<NetworkRecord | undefined> {
    const record = await this.#peek()
    const recordNs = recordedNs(record?.time)
    if (recordNs === undefined || recordNs >= atNs) return undefined
    this.#index++
    return record
  }

  /** Takes the next record; `undefined` at the end. */
  async next(): Promise<NetworkRecord | undefined> {
    const record = await this.#peek()
    if (record !== undefined) this.#index++
    return record
  }

  /** What was read so far. */
  counts(): NetworkCounts {
    return this.#stream.counts()
  }

  async #peek(): Promise<NetworkRecord | undefined> {
    while (this.#index >= this.#batch.length) {
      const next = await this.#batches.next()
      if (next.done === true) return undefined
      this.#batch = next.value
      this.#index = 0
    }
    return this.#batch[this.#index]
  }
}
