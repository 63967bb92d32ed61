/**
 * Brings text to the case in which rules compare it: Unicode simple lower-casing, one character for
 * one, so that positions, wildcards and prefixes keep their meaning. The two characters whose full
 * lower case depends on length or place are treated plainly: İ is i, and final ς is σ.
 *
 * @see Unicode Standard, section 3.13, and UnicodeData's simple lower-case mapping.
 */
export function foldCase(text: string): string {
  const plain = text.includes('İ') ? text.replaceAll('İ', 'i') : text
  const lower = plain.toLowerCase()
  return lower.includes('ς') ? lower.replaceAll('ς', 'σ') : lower
}
