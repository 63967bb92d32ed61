import { ByteView } from '../bytes/view.ts'
import type { Budget } from '../bytes/budget.ts'
import type { Problem } from '../errors.ts'
import { architectureName } from './names.ts'

// struct fat_header { magic, nfat_arch }, then nfat_arch × struct fat_arch { cputype, cpusubtype,
// offset, size, align } or, with FAT_MAGIC_64, { …, u64 offset, u64 size, align, reserved }. Big
// endian, always.
const FAT_MAGIC = 0xcafebabe
const FAT_MAGIC_64 = 0xcafebabf

/**
 * A Java class begins with the same four bytes, then minor and major version: read as a count that
 * is 45 or more.
 */
const ARCHITECTURES_MAX = 44

/** One image of a universal file. */
export interface Slice {
  readonly architecture: string
  readonly cpuType: number
  readonly cpuSubtype: number
  readonly offset: number
  readonly size: number
  /** Power of two. */
  readonly alignment: number
}

/** The images of a universal file, and what is wrong with its table. */
export interface UniversalFile {
  readonly slices: readonly Slice[]
  readonly problems: readonly Problem[]
}

/** Whether bytes begin like a universal file, and not like a Java class. */
export function isUniversal(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false
  const view = new ByteView(bytes, 'big')
  const magic = view.u32(0)
  const count = view.u32(4)
  if (magic !== FAT_MAGIC && magic !== FAT_MAGIC_64) return false
  return magic === FAT_MAGIC_64 || count <= ARCHITECTURES_MAX
}

interface Table {
  readonly view: ByteView
  readonly is64: boolean
}

function readSlice({ view, is64 }: Table, at: number): Slice {
  const [type, subtype] = [view.u32(at), view.u32(at + 4)]
  return {
    architecture: architectureName({ type, subtype }),
    cpuType: type,
    cpuSubtype: subtype,
    offset: is64 ? view.size64(at + 8) : view.u32(at + 8),
    size: is64 ? view.size64(at + 16) : view.u32(at + 12),
    alignment: view.u32(at + (is64 ? 24 : 16)),
  }
}

/** What a table of slices says that cannot be so, or that no linker writes. */
function sliceProblems(slices: readonly Slice[], length: number): Problem[] {
  const problems: Problem[] = []
  const note = (part: string, message: string) =>
    problems.push({ code: 'ERR_ANALYSIS_MALFORMED', part, message })
  const inOrder = slices.toSorted((a, b) => a.offset - b.offset)
  for (const [index, slice] of inOrder.entries()) {
    const part = `slice ${slice.architecture}`
    const { offset, size } = slice
    if (offset + size > length) note(part, `It ends at ${offset + size}, the file at ${length}.`)
    const before = inOrder[index - 1]
    if (before !== undefined && before.offset + before.size > offset) {
      note(part, `It overlaps slice ${before.architecture}.`)
    }
  }
  const names = slices.map(({ cpuType, cpuSubtype }) => `${cpuType}/${cpuSubtype & 0xffffff}`)
  if (new Set(names).size < names.length) note('universal header', 'A processor stands twice.')
  return problems
}

/**
 * Reads the table of a universal file. Slices that reach beyond the file are listed with a problem.
 *
 * @throws AnalysisError ERR_ANALYSIS_LIMIT; ERR_ANALYSIS_TRUNCATED when the header itself is cut.
 * @see    Apple, <mach-o/fat.h>.
 */
export function readUniversal(bytes: Uint8Array, budget: Budget): UniversalFile {
  const view = new ByteView(bytes, 'big')
  const is64 = view.u32(0) === FAT_MAGIC_64
  const count = view.u32(4)
  const size = is64 ? 32 : 20
  const slices: Slice[] = []
  const problems: Problem[] = []
  for (let index = 0; index < count; index++) {
    const at = 8 + index * size
    if (!view.has(at, size) || index >= ARCHITECTURES_MAX) {
      const message = `${count} slices are announced, ${index} were read.`
      problems.push({ code: 'ERR_ANALYSIS_TRUNCATED', part: 'universal header', message })
      break
    }
    budget.spendItems()
    slices.push(readSlice({ view, is64 }, at))
  }
  return { slices, problems: [...problems, ...sliceProblems(slices, bytes.length)] }
}

/** The bytes of a slice that are in the file. */
export function sliceBytes(bytes: Uint8Array, { offset, size }: Slice): Uint8Array {
  return bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + size, bytes.length))
}
