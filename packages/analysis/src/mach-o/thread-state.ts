import type { ByteView } from '../bytes/view.ts'

// LC_UNIXTHREAD: cmd, cmdsize, then for each flavour: flavor, count (in 32-bit words), registers.
// Where the program counter stands in the registers, by cpu type: <mach/i386/thread_status.h>,
// <mach/arm/thread_status.h>, <mach/ppc/thread_status.h>.
interface CounterPlace {
  readonly offset: number
  readonly bits: 32 | 64
}

const REGISTERS_OFFSET = 16
const COUNTERS: Readonly<Record<number, CounterPlace>> = {
  7: { offset: 40, bits: 32 },
  0x01000007: { offset: 128, bits: 64 },
  12: { offset: 60, bits: 32 },
  0x0100000c: { offset: 256, bits: 64 },
  18: { offset: 0, bits: 32 },
  0x01000012: { offset: 0, bits: 64 },
}

/** The address at which a register state begins to run; undefined for other processors. */
export function threadAddress(view: ByteView, cpuType: number): bigint | undefined {
  const place = COUNTERS[cpuType]
  if (place === undefined) return undefined
  const at = REGISTERS_OFFSET + place.offset
  return place.bits === 64 ? view.u64(at) : BigInt(view.u32(at))
}
