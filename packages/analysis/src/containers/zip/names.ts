const STRICT = new TextDecoder('utf-8', { fatal: true })

/** The upper half of code page 437, in which names stand that do not say they are UTF-8. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

/**
 * The text of a file name. macOS writes UTF-8 without saying so; what is not UTF-8 is taken for
 * code page 437.
 */
export function zipName(bytes: Uint8Array): string {
  try {
    return STRICT.decode(bytes)
  } catch {
    const characters = Array.from(bytes, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : (CP437[byte - 0x80] ?? '\ufffd'),
    )
    return characters.join('')
  }
}
