import { type Decoded, decodedBy, DecodeStop, GrowingBytes } from './decoded.ts'

const END = 0x06
const END_BYTES = 8

/** One instruction: plain bytes that follow it, then a repetition. */
interface Step {
  readonly bytes: number
  readonly literals: number
  readonly length: number
  /** Undefined repeats with the distance of the step before. */
  readonly distance?: number
}

/**
 * Unpacks LZVN, the fast form of LZFSE, up to its end instruction. Each instruction copies plain
 * bytes (L), then repeats M bytes from distance D:
 *
 * ```
 * LLMMMDDD DDDDDDDD              small distance  (D's high bits not 6 or 7)
 * 101LLMMM DDDDDDMM DDDDDDDD     medium distance (M + 3, 14 bits of D)
 * LLMMM111 D D                   large distance  (16 bits, little-endian)
 * LLMMM110                       the distance before
 * 1111MMMM                       repetition only, the distance before; 0xf0 M: M + 16
 * 1110LLLL                       plain bytes only; 0xe0 L: L + 16
 * 00001110, 00010110             nothing;  00000110 and seven zeros: end
 * 0111xxxx, 1101xxxx, 00011110, 00100110 … 00111110   undefined
 * ```
 *
 * @see lzfse reference implementation, lzvn_decode_base.c (BSD-3-Clause).
 */
export function unpackLzvn(input: Uint8Array, bytesMax: number): Decoded {
  const output = new GrowingBytes(bytesMax)
  const state = { output, consumed: 0 }
  return decodedBy(state, () => {
    state.consumed = runLzvn(input, output)
  })
}

/**
 * Runs LZVN into an output that may hold more already; distances reach only into this run.
 *
 * @returns Bytes of input used, with the end instruction.
 * @throws DecodeStop
 */
export function runLzvn(input: Uint8Array, output: GrowingBytes): number {
  const origin = output.length
  let at = 0
  let last = 0
  for (;;) {
    const code = input[at]
    if (code === undefined) throw new DecodeStop('truncated')
    if (code === END) {
      if (at + END_BYTES > input.length) throw new DecodeStop('truncated')
      return at + END_BYTES
    }
    const step = stepOf(code, input, at)
    const from = at + step.bytes
    at = from + step.literals
    if (at > input.length) throw new DecodeStop('truncated')
    if (step.literals > 0) output.append(input.subarray(from, at))
    if (step.length === 0) continue
    const distance = step.distance ?? last
    if (distance > output.length - origin) throw new DecodeStop('damaged')
    output.copy({ distance, length: step.length })
    last = distance
  }
}

function stepOf(code: number, input: Uint8Array, at: number): Step {
  const second = input[at + 1] ?? 0
  const third = input[at + 2] ?? 0
  const high = code >>> 4
  if (high === 0x0f) {
    const length = code === 0xf0 ? second + 16 : code & 0x0f
    return { bytes: code === 0xf0 ? 2 : 1, literals: 0, length }
  }
  if (high === 0x0e) {
    const literals = code === 0xe0 ? second + 16 : code & 0x0f
    return { bytes: code === 0xe0 ? 2 : 1, literals, length: 0 }
  }
  if (high === 0x0a || high === 0x0b) {
    const length = (((code & 7) << 2) | (second & 3)) + 3
    const distance = (second >>> 2) | (third << 6)
    return { bytes: 3, literals: (code >>> 3) & 3, length, distance }
  }
  if (high === 0x07 || high === 0x0d) throw new DecodeStop('damaged')
  return nearStep(code, second | (third << 8))
}

function nearStep(code: number, next: number): Step {
  const literals = code >>> 6
  const length = ((code >>> 3) & 7) + 3
  const low = code & 7
  if (low === 7) return { bytes: 3, literals, length, distance: next }
  if (low !== 6) {
    return { bytes: 2, literals, length, distance: (low << 8) | (next & 0xff) }
  }
  // Without plain bytes this form is a gap in the code: two of them do nothing.
  if (literals > 0) return { bytes: 1, literals, length }
  if (code === 0x0e || code === 0x16) return { bytes: 1, literals: 0, length: 0 }
  throw new DecodeStop('damaged')
}
