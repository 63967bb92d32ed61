/** Which characters belong to a run, by their numbers. */
export type Digits = Uint8Array

/** The set of some letters below 128. */
export function digitsOf(letters: string): Digits {
  const digits = new Uint8Array(128)
  for (const letter of letters) digits[letter.charCodeAt(0)] = 1
  return digits
}

/** Letters and digits, which all codes of bytes share. */
export const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A run of digits. */
export interface Run {
  readonly from: number
  readonly to: number
}

/**
 * The runs of digits in a text. By hand: a regular expression keeps a way back for each character,
 * and a run of some megabytes leaves no room for them.
 */
export function* runsOf(text: string, digits: Digits, lengthMin: number): Iterable<Run> {
  let from = -1
  for (let at = 0; at <= text.length; at++) {
    const isDigit = at < text.length && digits[text.charCodeAt(at)] === 1
    if (isDigit && from === -1) from = at
    if (isDigit || from === -1) continue
    if (at - from >= lengthMin) yield { from, to: at }
    from = -1
  }
}

const DATA = digitsOf(`${LETTERS}+/=`)
const DATA_MIN = 200

/** A text without its long runs of data, which say nothing to those who look for words. */
export function withoutData(text: string): string {
  const parts: string[] = []
  let end = 0
  for (const { from, to } of runsOf(text, DATA, DATA_MIN)) {
    parts.push(text.slice(end, from))
    end = to
  }
  return parts.join('') + text.slice(end)
}
