/**
 * Text from endpoints is chosen by attackers. These characters would hide, reorder or imitate other
 * text on the screen, so they are shown as their names instead of being obeyed: C0 and C1 controls,
 * bidirectional controls, invisible and format characters, line separators, lone surrogates, tags,
 * and blanks other than U+0020.
 */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- naming them is the purpose
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u

/** A run of text: as it is, or a character that must not be shown as it is, by its name. */
export interface TextSegment {
  readonly kind: 'text' | 'escape'
  readonly text: string
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\0', '\\0'],
  ['\u001b', '\\e'],
])

function nameOf(character: string): string {
  const known = NAMES.get(character)
  if (known !== undefined) return known
  const point = character.codePointAt(0) ?? 0
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * Splits text into runs that are safe to show and characters to show by name.
 *
 * @returns The runs in order; joined, the `text` runs and named characters tell the whole input.
 * @throws  Never.
 * @see     Unicode Technical Report 36, Trojan Source (CVE-2021-42574).
 */
export function segmentText(text: string): TextSegment[] {
  if (!UNSAFE.test(text)) return text === '' ? [] : [{ kind: 'text', text }]
  const segments: TextSegment[] = []
  let plain = ''
  for (const character of text) {
    if (!UNSAFE.test(character)) {
      plain += character
      continue
    }
    if (plain !== '') segments.push({ kind: 'text', text: plain })
    plain = ''
    segments.push({ kind: 'escape', text: nameOf(character) })
  }
  if (plain !== '') segments.push({ kind: 'text', text: plain })
  return segments
}

/** The same as one string, for places that take no markup: titles, labels, document titles. */
export function visibleText(text: string): string {
  return segmentText(text)
    .map((segment) => (segment.kind === 'text' ? segment.text : `⟨${segment.text}⟩`))
    .join('')
}

/**
 * Cuts text for a first look without splitting a surrogate pair.
 *
 * @param lengthMax UTF-16 units kept.
 */
export function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  const last = text.charCodeAt(lengthMax - 1)
  const splits = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, splits ? lengthMax - 1 : lengthMax)
}

/**
 * Accepts a reference only when a browser may follow it: http or https, no credentials in it.
 *
 * @returns The address to link to, or `undefined` when it must stay plain text.
 */
export function linkTarget(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  return url.href
}
