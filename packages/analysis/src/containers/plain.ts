import type { Content } from './entry.ts'
import { type ByteRange, type ByteSource, peek } from './source.ts'

/** Content that is not packed: a part of the container. */
export function plainContent(source: ByteSource, range: ByteRange, bytesMax: number): Content {
  if (range.length > bytesMax) return { bytes: new Uint8Array(), problem: 'limit' }
  const bytes = peek(source, range)
  return bytes.length < range.length ? { bytes, problem: 'truncated' } : { bytes }
}
