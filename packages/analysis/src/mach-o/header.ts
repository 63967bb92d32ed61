import { ByteView } from '../bytes/view.ts'
import { AnalysisError } from '../errors.ts'
import type { MachOHeader } from './model.ts'
import {
  architectureName,
  fileTypeName,
  flagNames,
  HEADER_FLAGS,
  pointerAuthenticationAbi,
} from './names.ts'

// struct mach_header[_64]: magic, cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags
// (, reserved): 32-bit numbers in the byte order that the magic shows.
const MAGIC_32 = 0xfeedface
const MAGIC_64 = 0xfeedfacf

/** Whether bytes begin like a thin Mach-O image. */
export function isMachO(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && imageView(bytes) !== undefined
}

/** A view in the byte order of the image. */
function imageView(bytes: Uint8Array): ByteView | undefined {
  for (const endian of ['little', 'big'] as const) {
    const view = new ByteView(bytes, endian)
    const magic = view.u32(0)
    if (magic === MAGIC_32 || magic === MAGIC_64) return view
  }
  return undefined
}

/** A header and the view everything after it is read from. */
export interface OpenedImage {
  readonly header: MachOHeader
  readonly view: ByteView
  /** Where the load commands begin. */
  readonly commandsOffset: number
}

/**
 * Reads the header of a thin image.
 *
 * @throws AnalysisError ERR_ANALYSIS_MALFORMED when it is no Mach-O, ERR_ANALYSIS_TRUNCATED.
 * @see    Apple, <mach-o/loader.h>.
 */
export function openImage(bytes: Uint8Array): OpenedImage {
  const view = bytes.length >= 4 ? imageView(bytes) : undefined
  if (view === undefined) {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'The image has no magic of Mach-O.')
  }
  const is64 = view.u32(0) === MAGIC_64
  const [cpuType, cpuSubtype, flags] = [view.u32(4), view.u32(8), view.u32(24)]
  const abi = pointerAuthenticationAbi(cpuSubtype)
  const architecture = architectureName({ type: cpuType, subtype: cpuSubtype })
  const header: MachOHeader = {
    bits: is64 ? 64 : 32,
    endian: view.endian,
    cpuType,
    cpuSubtype,
    architecture,
    ...(architecture === 'arm64e' && abi !== undefined && { pointerAuthenticationAbi: abi }),
    fileType: fileTypeName(view.u32(12)),
    commandCount: view.u32(16),
    commandBytes: view.u32(20),
    flags,
    flagNames: flagNames(HEADER_FLAGS, flags),
  }
  return { header, view, commandsOffset: is64 ? 32 : 28 }
}
