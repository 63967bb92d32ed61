import { isMachO } from './header.ts'
import { isUniversal } from './universal.ts'
import type { Range } from './model.ts'

/** Bytes inside an image that are a file of their own. */
export interface Payload extends Range {
  readonly kind: string
  /** Where it lies: behind the image, or inside of a segment. */
  readonly place: 'overlay' | 'segment'
}

const MAGICS: readonly { readonly kind: string; readonly bytes: readonly number[] }[] = [
  { kind: 'zip', bytes: [0x50, 0x4b, 3, 4] },
  { kind: 'gzip', bytes: [0x1f, 0x8b, 8] },
  { kind: 'xz', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] },
  { kind: 'bzip2', bytes: [0x42, 0x5a, 0x68] },
  { kind: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { kind: 'xar', bytes: [0x78, 0x61, 0x72, 0x21] },
  { kind: 'zlib', bytes: [0x78, 0x9c] },
  { kind: 'zlib', bytes: [0x78, 0xda] },
  { kind: 'script', bytes: [0x23, 0x21] },
  { kind: 'plist', bytes: [0x62, 0x70, 0x6c, 0x69, 0x73, 0x74] },
]

/** What bytes begin as; `data` for anything else. */
export function payloadKind(bytes: Uint8Array): string {
  if (isMachO(bytes)) return 'mach-o'
  if (isUniversal(bytes)) return 'mach-o-universal'
  const found = MAGICS.find(({ bytes: magic }) =>
    magic.every((value, index) => bytes[index] === value),
  )
  return found?.kind ?? 'data'
}

/** Cookie of PyInstaller's archive; it stands near the end of what was appended. */
const PYINSTALLER = Buffer.from('MEI\x0c\x0b\x0a\x0b\x0e', 'latin1')
const COOKIE_SEARCH_BYTES = 1_048_576
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1')
const ZIP_END_SEARCH_BYTES = 66_000

interface Search {
  readonly bytes: Uint8Array
  /** Where the image's own content ends. */
  readonly contentEnd: number
  /** Where the signature begins, or the image ends. */
  readonly signatureStart: number
}

function tail({ bytes, signatureStart }: Search, length: number): Buffer {
  const start = Math.max(0, signatureStart - length)
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, signatureStart - start)
}

/** Archives that a linker's tables cover, because the signature had to cover them. */
function archivesBeforeSignature(search: Search): Payload[] {
  const found: Payload[] = []
  const cookie = tail(search, COOKIE_SEARCH_BYTES)
  const at = cookie.lastIndexOf(PYINSTALLER)
  const end = search.signatureStart
  if (at !== -1) {
    const offset = end - cookie.length + at
    found.push({ kind: 'pyinstaller', place: 'segment', offset, size: end - offset })
  }
  const directory = tail(search, ZIP_END_SEARCH_BYTES)
  const zip = directory.lastIndexOf(ZIP_END)
  if (zip !== -1 && zip + 22 <= directory.length) {
    // struct: size of the central directory at 12, its offset from the archive's begin at 16.
    const archive = directory.readUInt32LE(zip + 12) + directory.readUInt32LE(zip + 16)
    const offset = end - directory.length + zip - archive
    if (offset > 0) found.push({ kind: 'zip', place: 'segment', offset, size: archive + 22 })
  }
  return found
}

/** How many images inside of an image are looked for. */
const IMAGES_MAX = 16
const IMAGE_MAGIC = Buffer.from([0xcf, 0xfa, 0xed, 0xfe])
/** Low byte of the cpu type: i386 or x86_64, arm or arm64; then three bytes of ABI. */
const CPU_LOW: ReadonlySet<number> = new Set([7, 12])

/** Whole 64-bit images in the bytes of an image, behind its own header. */
function embeddedImages(bytes: Uint8Array): Payload[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: Payload[] = []
  let at = buffer.indexOf(IMAGE_MAGIC, 4)
  while (at !== -1 && found.length < IMAGES_MAX && at + 32 <= buffer.length) {
    const [cpu, abi, fileType] = [buffer[at + 4] ?? 0, buffer[at + 7], buffer.readUInt32LE(at + 12)]
    // The magic alone stands as a constant in every program that reads Mach-O.
    const plausible = CPU_LOW.has(cpu) && abi === 1 && fileType >= 1 && fileType <= 12
    const commands = buffer.readUInt32LE(at + 16)
    if (plausible && commands > 0 && commands < 512) {
      found.push({ kind: 'mach-o', place: 'segment', offset: at, size: buffer.length - at })
    }
    at = buffer.indexOf(IMAGE_MAGIC, at + 4)
  }
  return found
}

/**
 * Finds files inside of an image: what is appended behind it, archives in front of its signature,
 * and other images.
 */
export function findPayloads(search: Search): readonly Payload[] {
  const { bytes, contentEnd } = search
  const overlay = bytes.subarray(contentEnd)
  const found: Payload[] = [...archivesBeforeSignature(search), ...embeddedImages(bytes)]
  const behind = found.map((one): Payload =>
    one.offset >= contentEnd ? { ...one, place: 'overlay' } : one,
  )
  const isKnown = behind.some(({ offset }) => offset === contentEnd)
  if (overlay.length === 0 || isKnown) return behind
  const first: Payload = {
    kind: payloadKind(overlay),
    place: 'overlay',
    offset: contentEnd,
    size: overlay.length,
  }
  return [...behind, first]
}
