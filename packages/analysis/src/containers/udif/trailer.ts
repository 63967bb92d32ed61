import { ByteView } from '../../bytes/view.ts'
import { type ByteSource, peek } from '../source.ts'

/** The trailer that ends a disk image. */
export interface UdifTrailer {
  readonly dataFork: { readonly offset: number; readonly length: number }
  readonly propertyList: { readonly offset: number; readonly length: number }
  readonly codeSignature: { readonly offset: number; readonly length: number }
  readonly dataChecksum: { readonly type: number; readonly value: number }
  readonly sectors: number
}

const MAGIC = 'koly'
const TRAILER_BYTES = 512

/**
 * Reads the trailer, the last 512 bytes, all big-endian.
 *
 * ```
 *   0  "koly", version (4), header bytes (4), flags (4), running data fork offset (8)
 *  24  data fork offset (8), length (8), resource fork offset (8), length (8)
 *  56  segment (4), segments (4), id (16)
 *  80  checksum of the data fork: type (4), bits (4), value (128)
 * 216  property list offset (8), length (8)
 * 296  code signature offset (8), length (8)
 * 352  checksum of all, as above;  488  variant (4), sectors (8)
 * ```
 *
 * @returns Undefined when the file is no disk image of this kind.
 */
export function udifTrailer(source: ByteSource): UdifTrailer | undefined {
  const offset = source.length - TRAILER_BYTES
  const view = new ByteView(peek(source, { offset, length: TRAILER_BYTES }), 'big')
  if (!view.startsWith(MAGIC) || view.length < TRAILER_BYTES) return undefined
  const range = (at: number) => ({ offset: view.size64(at), length: view.size64(at + 8) })
  return {
    dataFork: range(24),
    propertyList: range(216),
    codeSignature: range(296),
    dataChecksum: { type: view.u32(80), value: view.u32(88) },
    sectors: view.size64(492),
  }
}
