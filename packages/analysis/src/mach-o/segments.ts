import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import type { Section, Segment } from './model.ts'
import { protectionText } from './names.ts'

// struct segment_command: segname[16], vmaddr, vmsize, fileoff, filesize, maxprot, initprot,
// nsects, flags after cmd and cmdsize; _64 has the four sizes in 64 bits.
// struct section: sectname[16], segname[16], addr, size, offset, align, reloff, nreloc, flags,
// reserved1, reserved2 (, reserved3).
const NAME_LENGTH = 16
const SECTION_SIZES = { 32: 68, 64: 80 } as const
const SECTIONS_OFFSETS = { 32: 56, 64: 72 } as const
const SECTION_TYPE_MASK = 0xff
/** S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL. */
const ZERO_FILLED: ReadonlySet<number> = new Set([0x1, 0xc, 0x12])

/** A load command and how wide its numbers are. */
export interface SegmentCommand {
  /** The bytes of the command. */
  readonly view: ByteView
  readonly bits: 32 | 64
}

function readSection({ view, bits }: SegmentCommand, at: number): Section {
  const is64 = bits === 64
  const rest = at + 2 * NAME_LENGTH + (is64 ? 16 : 8)
  const flags = view.u32(rest + 16)
  return {
    name: view.cString(at, NAME_LENGTH),
    segment: view.cString(at + NAME_LENGTH, NAME_LENGTH),
    address: is64 ? view.u64(at + 32) : BigInt(view.u32(at + 32)),
    size: is64 ? view.size64(at + 40) : view.u32(at + 36),
    offset: view.u32(rest),
    alignment: view.u32(rest + 4),
    relocationCount: view.u32(rest + 12),
    flags,
    zeroFill: ZERO_FILLED.has(flags & SECTION_TYPE_MASK),
  }
}

/**
 * Reads LC_SEGMENT or LC_SEGMENT_64.
 *
 * @throws AnalysisError ERR_ANALYSIS_TRUNCATED when there are more sections than bytes,
 *         ERR_ANALYSIS_LIMIT.
 */
export function readSegment(command: SegmentCommand, budget: Budget): Segment {
  const { view, bits } = command
  const is64 = bits === 64
  const numbers = 8 + NAME_LENGTH
  const address = (index: number): bigint =>
    is64 ? view.u64(numbers + 8 * index) : BigInt(view.u32(numbers + 4 * index))
  const rest = numbers + (is64 ? 32 : 16)
  const count = view.u32(rest + 8)
  // Checked before the loop: a count of four billion must not be walked to find that it is one.
  view.slice(SECTIONS_OFFSETS[bits], count * SECTION_SIZES[bits])
  budget.spendItems(count + 1)
  const sections = Array.from({ length: count }, (_, index) =>
    readSection(command, SECTIONS_OFFSETS[bits] + index * SECTION_SIZES[bits]),
  )
  return {
    name: view.cString(8, NAME_LENGTH),
    address: address(0),
    memorySize: address(1),
    offset: Number(address(2)),
    size: Number(address(3)),
    protectionMax: protectionText(view.u32(rest)),
    protection: protectionText(view.u32(rest + 4)),
    flags: view.u32(rest + 12),
    sections,
  }
}

/**
 * Where an address lies in the file; undefined when it lies in no segment. Whole pages are mapped,
 * so tiny programs run bytes behind the size that their segment states.
 */
export function offsetOf(segments: readonly Segment[], address: bigint): number | undefined {
  const found = segments.find(
    ({ address: start, memorySize }) => address >= start && address < start + memorySize,
  )
  return found === undefined ? undefined : found.offset + Number(address - found.address)
}
