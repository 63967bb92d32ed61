// C0 and C1 controls, and the marks that reorder or hide text on a terminal (Unicode TR 36, section
// 3).
// oxlint-disable-next-line no-control-regex -- naming them is the purpose
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/**
 * Makes text of an endpoint safe to show on a terminal: controls, which could move the cursor or
 * fake output, are shown as escapes, and long text is cut.
 *
 * @param charactersMax Longest result, the ellipsis included.
 */
export function printable(text: string, charactersMax = 160): string {
  const escaped = text.replaceAll(UNSAFE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return escaped.length <= charactersMax ? escaped : `${escaped.slice(0, charactersMax - 1)}…`
}
