import { Buffer } from 'node:buffer'
import { PcapngWriter, pktapVersion1, pktapVersion2, type WrittenPktap } from './capture-writer.ts'
import { ethernet, loopback } from './packets.ts'

/** How a capture says whose packets they are. */
export type CaptureForm = 'apple' | 'pktap_1' | 'pktap_2'

/** Whose packet it is, and when and where it was seen. */
export interface Sent {
  /** Milliseconds after the beginning. */
  readonly atMs: number
  readonly direction?: 'in' | 'out'
  /** `en0` unless said otherwise; those named `lo…` or `utun…` have no Ethernet. */
  readonly interfaceName?: string
  readonly vlans?: readonly number[]
  readonly pid?: number
  readonly name?: string
  readonly effectivePid?: number
  readonly effectiveName?: string
}

const LINKTYPE_PKTAP = 258

/** A capture as a Mac writes it: through Apple's tcpdump, or with PKTAP headers. */
export class WrittenCapture {
  readonly #writer = new PcapngWriter()
  readonly #form: CaptureForm
  readonly #beginNs: bigint
  readonly #interfaces = new Map<string, number>()
  readonly #processes = new Map<string, number>()

  /** @param beginNs Time of `atMs` 0. */
  constructor(form: CaptureForm = 'apple', beginNs = 1_764_000_000_000_000_000n) {
    this.#form = form
    this.#beginNs = beginNs
    if (form !== 'apple') this.#writer.interface({ linkType: LINKTYPE_PKTAP, name: 'pktap' })
  }

  /** Adds an IP packet. */
  send(packet: Uint8Array, sent: Sent): this {
    const interfaceName = sent.interfaceName ?? 'en0'
    const isEthernet = !/^(?:lo|utun)/.test(interfaceName)
    const frame = isEthernet ? ethernet(packet, sent.vlans) : loopback(packet)
    const dlt = isEthernet ? 1 : 0
    const atNs = this.#beginNs + BigInt(Math.round(sent.atMs * 1_000)) * 1_000n
    if (this.#form === 'apple') {
      this.#writer.packet({
        bytes: frame,
        atNs,
        interfaceIndex: this.#interface(interfaceName, dlt),
        ...(sent.direction !== undefined && { direction: sent.direction }),
        ...this.#process('process', sent.pid, sent.name),
        ...this.#process('effective', sent.effectivePid, sent.effectiveName),
      })
      return this
    }
    const told: WrittenPktap = { ...sent, interfaceName, dlt }
    const header = this.#form === 'pktap_1' ? pktapVersion1(told) : pktapVersion2(told)
    this.#writer.packet({ bytes: Buffer.concat([header, frame]), atNs })
    return this
  }

  /** The capture so far. */
  bytes(): Buffer {
    return this.#writer.bytes()
  }

  #interface(name: string, linkType: number): number {
    const known = this.#interfaces.get(name)
    if (known !== undefined) return known
    const index = this.#interfaces.size
    this.#writer.interface({ linkType, name })
    this.#interfaces.set(name, index)
    return index
  }

  #process(
    role: 'process' | 'effective',
    pid: number | undefined,
    name: string | undefined,
  ): Record<string, number> {
    if (pid === undefined) return {}
    const key = `${pid} ${name ?? ''}`
    let index = this.#processes.get(key)
    if (index === undefined) {
      index = this.#writer.process({ pid, ...(name !== undefined && { name }) })
      this.#processes.set(key, index)
    }
    return { [role]: index }
  }
}
