import type { PacketProcess } from './packet.ts'
import type { CaptureTally } from './tally.ts'
import type { TimeResolution } from './time-resolution.ts'

/** One interface of a section, in the order of their blocks. */
export interface CaptureInterface {
  readonly linkType: number
  readonly name: string | undefined
  readonly snapBytes: number
  /** `undefined` when the stated resolution is none: its packets cannot be placed in time. */
  readonly resolution: TimeResolution | undefined
  /** Drops its statistics have told so far. */
  dropped: bigint
}

/** What the blocks of a section have described, which its packets refer to by number. */
export class PcapngSection {
  readonly littleEndian: boolean
  readonly interfaces: (CaptureInterface | undefined)[] = []
  readonly #processes = new Map<number, PacketProcess>()
  readonly #tally: CaptureTally
  #processIndex = 0

  constructor(littleEndian: boolean, tally: CaptureTally) {
    this.littleEndian = littleEndian
    this.#tally = tally
  }

  /** Takes an interface; those beyond the limit keep their number but describe nothing. */
  addInterface(described: CaptureInterface, interfacesMax: number): void {
    if (this.interfaces.length < interfacesMax) this.interfaces.push(described)
    else this.#tally.interfacesRefused++
  }

  /** Takes a process; of a full table the oldest is forgotten. */
  addProcess(described: PacketProcess, processesMax: number): void {
    this.#processes.set(this.#processIndex++, described)
    if (this.#processes.size <= processesMax) return
    for (const oldest of this.#processes.keys()) {
      this.#processes.delete(oldest)
      this.#tally.processesForgotten++
      break
    }
  }

  /** The process with a number, where it was described. */
  process(index: number): PacketProcess | undefined {
    return this.#processes.get(index)
  }
}
