import { ByteWriter } from '../byte-writer.ts'
import { readMachImage } from './image.ts'

const FAT_MAGIC = 0xca_fe_ba_be
const HEADER_BYTES = 8
const ARCH_BYTES = 20
const ALIGN_SHIFT = 14
const ALIGN = 2 ** ALIGN_SHIFT

/**
 * Joins thin Mach-O files of different processors into a universal one, in the order given.
 *
 * ```
 * fat_header  magic, count                                  big-endian
 * fat_arch    cputype, cpusubtype, offset, size, align      big-endian, count times
 * slices      each at a multiple of 2^14
 * ```
 *
 * @see Apple's <mach-o/fat.h>.
 */
export function universalBinary(slices: readonly Buffer[]): Buffer {
  const writer = new ByteWriter().u32(FAT_MAGIC).u32(slices.length)
  let offset = aligned(HEADER_BYTES + slices.length * ARCH_BYTES)
  const places = slices.map((slice) => {
    const place = offset
    offset = aligned(offset + slice.length)
    return place
  })
  for (const [index, slice] of slices.entries()) {
    const { cpuType, cpuSubtype } = readMachImage(slice)
    writer
      .u32(cpuType)
      .u32(cpuSubtype)
      .u32(places[index] ?? 0)
    writer.u32(slice.length).u32(ALIGN_SHIFT)
  }
  for (const [index, slice] of slices.entries()) writer.padTo(places[index] ?? 0).bytes(slice)
  return writer.toBuffer()
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGN) * ALIGN
}
