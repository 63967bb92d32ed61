import { ByteView } from '../bytes/view.ts'
import { type Decoded, decodedBy, DecodeStop, GrowingBytes } from './decoded.ts'
import { isXz, unpackXz } from './xz.ts'

const MAGIC = 'pbzx'
const HEADER_BYTES = 12
const CHUNK_HEADER_BYTES = 16

/** Whether Apple's chunked xz begins here, as payloads of packages are packed since 2013. */
export function isPbzx(bytes: Uint8Array): boolean {
  return new ByteView(bytes).startsWith(MAGIC)
}

/**
 * Unpacks pbzx.
 *
 * ```
 * magic, chunk bytes (8), then chunks: bytes unpacked (8), bytes packed (8), data
 * ```
 *
 * Data is xz, or plain where that would not be smaller. Numbers are big-endian.
 */
export function unpackPbzx(input: Uint8Array, bytesMax: number): Decoded {
  const output = new GrowingBytes(bytesMax)
  const state = { output, consumed: 0 }
  const view = new ByteView(input, 'big')
  return decodedBy(state, () => {
    if (!isPbzx(input)) throw new DecodeStop('damaged')
    if (!view.has(0, HEADER_BYTES)) throw new DecodeStop('truncated')
    state.consumed = HEADER_BYTES
    while (state.consumed < input.length) {
      if (!view.has(state.consumed, CHUNK_HEADER_BYTES)) throw new DecodeStop('truncated')
      const size = view.size64(state.consumed)
      const packedBytes = view.size64(state.consumed + 8)
      const from = state.consumed + CHUNK_HEADER_BYTES
      const chunk = input.subarray(from, from + packedBytes)
      const isPacked = isXz(chunk)
      const decoded = isPacked ? unpackXz(chunk, bytesMax - output.length) : undefined
      output.append(decoded?.bytes ?? chunk)
      if (decoded?.problem !== undefined) throw new DecodeStop(decoded.problem)
      if (chunk.length < packedBytes) throw new DecodeStop('truncated')
      if ((decoded?.bytes ?? chunk).length !== size) throw new DecodeStop('damaged')
      state.consumed = from + packedBytes
    }
  })
}
