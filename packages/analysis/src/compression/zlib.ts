import { constants, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import type { Decoded, DecodeProblem } from './decoded.ts'

const NOTHING = new Uint8Array()

/** Whether a Zstandard frame begins here. */
export function isZstd(bytes: Uint8Array): boolean {
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd
}

/** Unpacks a raw deflate stream, as ZIP holds it. */
export function unpackDeflate(input: Uint8Array, bytesMax: number): Decoded {
  return unpackWith(inflateRawSync, input, bytesMax)
}

/** Unpacks a zlib stream, as UDIF and XAR hold it. */
export function unpackZlib(input: Uint8Array, bytesMax: number): Decoded {
  return unpackWith(inflateSync, input, bytesMax)
}

/** Unpacks one Zstandard frame. */
export function unpackZstd(input: Uint8Array, bytesMax: number): Decoded {
  return unpackWith(zstdDecompressSync, input, bytesMax)
}

interface InflateOptions {
  readonly maxOutputLength: number
  readonly info: boolean
  readonly finishFlush?: number
}

type Inflate = (input: Uint8Array, options: InflateOptions) => unknown

interface WithEngine {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

function unpackWith(inflate: Inflate, input: Uint8Array, bytesMax: number): Decoded {
  const options = { maxOutputLength: Math.max(1, bytesMax), info: true }
  try {
    return decoded(inflate(input, options))
  } catch (error) {
    const problem = problemOf(error)
    const isDeflate = inflate !== zstdDecompressSync
    if (problem !== 'truncated' || !isDeflate) return { bytes: NOTHING, consumed: 0, problem }
  }
  // What a cut stream gave until then is still worth a look.
  try {
    const flushed = inflate(input, { ...options, finishFlush: constants.Z_SYNC_FLUSH })
    return { ...decoded(flushed), problem: 'truncated' }
  } catch (error) {
    return { bytes: NOTHING, consumed: 0, problem: problemOf(error) }
  }
}

function decoded(result: unknown): Decoded {
  // With `info` Node gives the buffer and its engine; its type declarations leave that out.
  const { buffer, engine } = result as WithEngine
  return { bytes: buffer, consumed: engine.bytesWritten }
}

const PROBLEMS: Readonly<Record<string, DecodeProblem>> = {
  ERR_BUFFER_TOO_LARGE: 'limit',
  Z_BUF_ERROR: 'truncated',
}

function problemOf(error: unknown): DecodeProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return PROBLEMS[code] ?? 'damaged'
}
