import { type Decoded, decodedBy, DecodeStop, GrowingBytes } from './decoded.ts'

/**
 * Unpacks Apple Data Compression, which disk images of kind UDCO hold.
 *
 * ```
 * 1LLLLLLL            L + 1 plain bytes follow
 * 01LLLLLL D D        repeat L + 4 bytes, distance D + 1 (16 bits, big-endian)
 * 00LLLLDD D          repeat L + 3 bytes, distance D + 1 (10 bits)
 * ```
 */
export function unpackAdc(input: Uint8Array, bytesMax: number): Decoded {
  const output = new GrowingBytes(bytesMax)
  const state = { output, consumed: 0 }
  return decodedBy(state, () => {
    while (state.consumed < input.length) {
      const at = state.consumed
      const [first = 0, second = 0, third = 0] = input.subarray(at, at + 3)
      if (first & 0x80) {
        const length = (first & 0x7f) + 1
        const plain = input.subarray(at + 1, at + 1 + length)
        output.append(plain)
        if (plain.length < length) throw new DecodeStop('truncated')
        state.consumed += 1 + length
        continue
      }
      const bytes = first & 0x40 ? 3 : 2
      if (at + bytes > input.length) throw new DecodeStop('truncated')
      const length = first & 0x40 ? (first & 0x3f) + 4 : ((first >>> 2) & 0x0f) + 3
      const distance = first & 0x40 ? (second << 8) | third : ((first & 3) << 8) | second
      output.copy({ distance: distance + 1, length })
      state.consumed += bytes
    }
  })
}
