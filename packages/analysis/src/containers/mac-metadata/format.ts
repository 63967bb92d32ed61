import type { Entry } from '../entry.ts'
import type { ContainerFormat } from '../format.ts'
import { plainContent } from '../plain.ts'
import { bytesSource, headOf } from '../source.ts'
import { isAppleDouble, readAppleDouble } from './apple-double.ts'

const HEADER_BYTES = 26
const QUARANTINE = 'com.apple.quarantine'
const TEXT_BYTES_MAX = 1_024

/** `._` files: forks are entries, attributes facts by number; payloads have been hidden in both. */
export const APPLE_DOUBLE: ContainerFormat = {
  name: 'apple_double',
  recognise: (source) => isAppleDouble(headOf(source, HEADER_BYTES)),
  *entries(source, context) {
    const { attributes, resourceFork, dataFork } = readAppleDouble(source.read(0, source.length))
    context.fact('attributes', attributes.size)
    const quarantine = attributes.get(QUARANTINE)?.subarray(0, TEXT_BYTES_MAX)
    if (quarantine !== undefined) context.fact('quarantine', Buffer.from(quarantine).toString())
    for (const [path, bytes] of [
      ['..namedfork/data', dataFork],
      ['..namedfork/rsrc', resourceFork],
      ...attributes,
    ] as const) {
      if (bytes === undefined) continue
      const entry: Entry = {
        path,
        kind: 'file',
        size: bytes.length,
        packedBytes: bytes.length,
        read: (bytesMax) =>
          plainContent(bytesSource(bytes), { offset: 0, length: bytes.length }, bytesMax),
      }
      yield entry
    }
  },
}
