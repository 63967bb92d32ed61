// Encodings of Sigma's value modifiers. Text that stands for bytes is "binary text": one character
// a byte, codes 0 to 255, as `wide` produces and `base64` consumes.

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Encodes text as UTF-8, one character a byte. */
export function utf8Binary(text: string): string {
  return binary(new TextEncoder().encode(text))
}

/** Encodes text as UTF-16, one character a byte. */
export function utf16Binary(text: string, order: 'little' | 'big'): string {
  let encoded = ''
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    const low = String.fromCharCode(unit & 0xff)
    const high = String.fromCharCode(unit >> 8)
    encoded += order === 'little' ? low + high : high + low
  }
  return encoded
}

function binary(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** Base64 (RFC 4648, section 4, with padding) of binary text. */
export function base64(binaryText: string): string {
  let encoded = ''
  for (let index = 0; index < binaryText.length; index += 3) {
    const left = binaryText.length - index
    const second = left > 1 ? binaryText.charCodeAt(index + 1) : 0
    const third = left > 2 ? binaryText.charCodeAt(index + 2) : 0
    const group = (binaryText.charCodeAt(index) << 16) | (second << 8) | third
    encoded += BASE64.charAt(group >> 18) + BASE64.charAt((group >> 12) & 63)
    encoded += left > 1 ? BASE64.charAt((group >> 6) & 63) : '='
    encoded += left > 2 ? BASE64.charAt(group & 63) : '='
  }
  return encoded
}

const OFFSET_START = [0, 2, 3] as const
const OFFSET_END = [0, 3, 2] as const

/**
 * The three texts one of which stands in the Base64 of any content that holds the given bytes: one
 * for each position of the bytes within a group of three, cut to the characters the bytes alone
 * decide.
 *
 * @see Sigma specification, modifier `base64offset`.
 */
export function base64Offsets(binaryText: string): readonly string[] {
  return OFFSET_START.map((start, shift) => {
    const encoded = base64(' '.repeat(shift) + binaryText)
    const cut = OFFSET_END[(binaryText.length + shift) % 3] ?? 0
    return encoded.slice(start, encoded.length - cut)
  })
}

const DASHES = ['-', '/', '–', '—', '―'] as const
const DASH_VARIANTS_MAX = 3_125

/**
 * All spellings of a text in which each dash or slash that begins a parameter (`\B[-/]\b`) is any
 * of the five characters Windows programs take for one.
 *
 * @returns `undefined` when there would be more than 3,125 (five such places).
 */
export function dashVariants(text: string): readonly string[] | undefined {
  const pieces = text.split(/\B[-/]\b/)
  if (DASHES.length ** (pieces.length - 1) > DASH_VARIANTS_MAX) return undefined
  let variants = [pieces[0] ?? '']
  for (const piece of pieces.slice(1)) {
    variants = variants.flatMap((variant) => DASHES.map((dash) => variant + dash + piece))
  }
  return variants
}
