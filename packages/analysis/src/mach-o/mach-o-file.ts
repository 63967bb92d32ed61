import type { Budget } from '../bytes/budget.ts'
import { attempt, type Problem } from '../errors.ts'
import { isMachO } from './header.ts'
import { type MachOImage, readImage } from './image.ts'
import { isUniversal, readUniversal, type Slice, sliceBytes } from './universal.ts'

/** One image of a file and where it lies. */
export interface MachOPart {
  /** Absent in a thin file. */
  readonly slice?: Slice
  readonly bytes: Uint8Array
  /** Absent when the slice is no image; the file's problems say why. */
  readonly image?: MachOImage
}

/** A Mach-O file, thin or universal. */
export interface MachOFile {
  readonly universal: boolean
  readonly parts: readonly MachOPart[]
  readonly problems: readonly Problem[]
}

/** Whether a file begins like a Mach-O file of either kind. */
export function isMachOFile(bytes: Uint8Array): boolean {
  return isMachO(bytes) || isUniversal(bytes)
}

/**
 * Reads a Mach-O file whole. What cannot be read is told in `problems`, of the file or of the
 * image; nothing is thrown for bad bytes.
 *
 * @param bytes A file for which {@link isMachOFile} holds.
 */
export function readMachOFile(bytes: Uint8Array, budget: Budget): MachOFile {
  if (!isUniversal(bytes)) {
    const read = attempt('image', () => readImage(bytes, budget))
    return read.ok
      ? { universal: false, parts: [{ bytes, image: read.value }], problems: [] }
      : { universal: false, parts: [{ bytes }], problems: [read.problem] }
  }
  const table = attempt('universal header', () => readUniversal(bytes, budget))
  if (!table.ok) return { universal: true, parts: [], problems: [table.problem] }
  const problems = [...table.value.problems]
  const parts = table.value.slices.map((slice): MachOPart => {
    const own = sliceBytes(bytes, slice)
    const read = attempt(`slice ${slice.architecture}`, () => readImage(own, budget))
    if (read.ok) return { slice, bytes: own, image: read.value }
    problems.push(read.problem)
    return { slice, bytes: own }
  })
  return { universal: true, parts, problems }
}
