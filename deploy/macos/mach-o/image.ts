/**
 * The parts of a thin 64-bit Mach-O that signing touches. All little-endian.
 *
 * ```
 * mach_header_64 (32)  magic, cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags, reserved
 * load command         cmd (4), cmdsize (4), …
 *   LC_SEGMENT_64      segname (16), vmaddr (8), vmsize (8), fileoff (8), filesize (8), …
 *   LC_CODE_SIGNATURE  dataoff (4), datasize (4)
 * ```
 *
 * @see Apple's <mach-o/loader.h>.
 */
export interface MachImage {
  readonly cpuType: number
  readonly cpuSubtype: number
  readonly segments: ReadonlyMap<string, Segment>
  readonly signature: SignatureCommand | undefined
}

/** A segment and where its load command stands. */
export interface Segment {
  readonly commandOffset: number
  readonly fileOffset: number
  readonly fileSize: number
}

/** Where the signature lies and where its load command stands. */
export interface SignatureCommand {
  readonly commandOffset: number
  readonly dataOffset: number
  readonly dataSize: number
}

const MAGIC_64 = 0xfe_ed_fa_cf
const HEADER_BYTES = 32
const LC_SEGMENT_64 = 0x19
const LC_CODE_SIGNATURE = 0x1d
const SEGMENT_COMMAND_BYTES = 72
const COMMANDS_MAX = 1_000

/**
 * Reads header and load commands of a thin 64-bit Mach-O.
 *
 * @throws Error when it is something else or its commands do not add up.
 */
export function readMachImage(bytes: Buffer): MachImage {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC_64) {
    throw new Error('This is no thin 64-bit Mach-O.')
  }
  const commandsCount = bytes.readUInt32LE(16)
  const commandsEnd = HEADER_BYTES + bytes.readUInt32LE(20)
  if (commandsCount > COMMANDS_MAX || commandsEnd > bytes.length) {
    throw new Error('The load commands of the Mach-O do not fit into it.')
  }
  const segments = new Map<string, Segment>()
  let signature: SignatureCommand | undefined
  let at = HEADER_BYTES
  for (let index = 0; index < commandsCount; index++) {
    const command = bytes.readUInt32LE(at)
    const size = bytes.readUInt32LE(at + 4)
    if (size < 8 || at + size > commandsEnd) throw new Error(`Load command ${index} is damaged.`)
    if (command === LC_SEGMENT_64 && size >= SEGMENT_COMMAND_BYTES) {
      const name = bytes.toString('latin1', at + 8, at + 24).replace(/\0.*$/s, '')
      segments.set(name, {
        commandOffset: at,
        fileOffset: Number(bytes.readBigUInt64LE(at + 40)),
        fileSize: Number(bytes.readBigUInt64LE(at + 48)),
      })
    } else if (command === LC_CODE_SIGNATURE && size >= 16) {
      const [dataOffset, dataSize] = [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12)]
      signature = { commandOffset: at, dataOffset, dataSize }
    }
    at += size
  }
  const [cpuType, cpuSubtype] = [bytes.readUInt32LE(4), bytes.readUInt32LE(8)]
  return { cpuType, cpuSubtype, segments, signature }
}
