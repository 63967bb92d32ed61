import { digitsOf, LETTERS, type Run, runsOf } from '../runs.ts'
import type { Decoder, Decoding } from './decoding.ts'
import { meaningOf } from './packed.ts'

const RUNS_MAX = 2_000
const BASE64_MIN = 16
const BASE32_MIN = 24
const HEX_PAIRS_MIN = 12
const BASE32_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const BASE64 = digitsOf(`${LETTERS}+/`)
const BASE64_URL = digitsOf(`${LETTERS}-_`)
const BASE32 = digitsOf(BASE32_DIGITS)
const HEX = digitsOf('0123456789abcdefABCDEF')

/** Runs on lines of one length belong together, and a shorter one ends them. */
function* joinedLines(text: string, runs: Iterable<Run>): Iterable<string> {
  let [parts, width, end]: [string[], number, number] = [[], 0, -1]
  for (const { from, to } of runs) {
    const isNext = parts.length > 0 && /^\\?\r?\n$/.test(text.slice(end, Math.min(from, end + 4)))
    const fits =
      isNext && from - end <= 3 && to - from <= width && (parts.at(-1)?.length ?? 0) === width
    if (!fits) {
      if (parts.length > 0) yield parts.join('')
      parts = []
      width = to - from
    }
    parts.push(text.slice(from, to))
    end = to
  }
  if (parts.length > 0) yield parts.join('')
}

function decodedRuns(
  runs: Iterable<string>,
  decode: (run: string) => Decoding | undefined,
): readonly Decoding[] {
  const found: Decoding[] = []
  for (const run of runs) {
    const decoding = decode(run)
    if (decoding !== undefined) found.push(decoding)
    if (found.length >= RUNS_MAX) break
  }
  return found
}

/** Base64, in one line or several, in both alphabets. */
export const decodeBase64: Decoder = (text, bytesMax) => [
  ...decodedRuns(joinedLines(text, runsOf(text, BASE64, 1)), (digits) =>
    // With a rest of one digit it cannot be any.
    digits.length < BASE64_MIN || digits.length % 4 === 1
      ? undefined
      : meaningOf(Buffer.from(digits, 'base64'), 'base64', bytesMax),
  ),
  ...decodedRuns(textsOf(text, runsOf(text, BASE64_URL, BASE64_MIN)), (digits) =>
    /[-_]/.test(digits)
      ? meaningOf(Buffer.from(digits, 'base64url'), 'base64url', bytesMax)
      : undefined,
  ),
]

function* textsOf(text: string, runs: Iterable<Run>): Iterable<string> {
  for (const { from, to } of runs) yield text.slice(from, to)
}

/** Base32, as some droppers have it to be different. */
export const decodeBase32: Decoder = (text, bytesMax) =>
  decodedRuns(textsOf(text, runsOf(text, BASE32, BASE32_MIN)), (digits) => {
    const bytes = new Uint8Array(Math.floor((digits.length * 5) / 8))
    let [held, heldBits, at] = [0, 0, 0]
    for (const digit of digits) {
      held = ((held << 5) | BASE32_DIGITS.indexOf(digit)) & 0xff_ff
      heldBits += 5
      if (heldBits < 8) continue
      heldBits -= 8
      bytes[at++] = (held >>> heldBits) & 0xff
    }
    return meaningOf(bytes, 'base32', bytesMax)
  })

/** Hexadecimal, as `xxd -r -p` reads it: pairs, with a blank or colon between them or nothing. */
export const decodeHex: Decoder = (text, bytesMax) =>
  decodedRuns(hexRuns(text), (digits) => meaningOf(Buffer.from(digits, 'hex'), 'hex', bytesMax))

function* hexRuns(text: string): Iterable<string> {
  let parts: string[] = []
  let [pairs, end] = [0, -1]
  for (const { from, to } of runsOf(text, HEX, 2)) {
    const isNext = from === end + 1 && /[\s:]/.test(text[end] ?? '') && (to - from) % 2 === 0
    if (!isNext) {
      if (pairs >= HEX_PAIRS_MIN) yield parts.join('')
      parts = []
      pairs = 0
    }
    end = to
    if ((to - from) % 2 === 1) {
      // An odd run is a number, or `0x` and what follows: begin after it.
      end = -1
      continue
    }
    parts.push(text.slice(from, to))
    pairs += (to - from) / 2
  }
  if (pairs >= HEX_PAIRS_MIN) yield parts.join('')
}
